import type Dockerode from "dockerode";
import {
  GenericContainer,
  PullPolicy,
  type StartedTestContainer,
  type WaitStrategy,
} from "testcontainers";
import type { EndpointQueue } from "../../lab/engine/endpoint-queue.ts";
import type { PlannedContainer, PlannedNetwork } from "../../lab/plan/plan.ts";

/**
 * One container of a plan, by Testcontainers. Testcontainers puts a container on one network;
 * the others are connected between creation and start, so that the boot script finds them all.
 */
export class LabContainer extends GenericContainer {
  private readonly engine: Dockerode;
  private readonly turns: EndpointQueue;
  private turn: Disposable | undefined;
  private readonly networks: number;
  private readonly further: { network: string; address: string }[];

  constructor(
    engine: Dockerode,
    planned: PlannedContainer,
    image: string,
    networks: readonly PlannedNetwork[],
    turns: EndpointQueue,
  ) {
    super(image);
    this.engine = engine;
    this.turns = turns;
    const dockerNetwork = (name: string) =>
      networks.find((network) => network.name === name)?.dockerName ?? name;
    const [first, ...rest] = planned.interfaces.map((each) => ({
      network: dockerNetwork(each.network),
      address: each.dockerAddress,
    }));
    this.networks = planned.interfaces.length;
    this.further = rest;
    this.withName(planned.dockerName)
      .withPullPolicy(PullPolicy.neverPull())
      .withEntrypoint(planned.command.slice(0, 1))
      .withCommand(planned.command.slice(1))
      .withEnvironment(planned.environment)
      .withLabels(planned.labels)
      .withAddedCapabilities(...planned.capabilities)
      .withBindMounts(
        planned.mounts.map((mount) => ({
          source: mount.volume,
          target: mount.path,
          mode: mount.readOnly ? "ro" : "rw",
        })),
      )
      .withCopyContentToContainer(
        planned.files.map((file) => ({
          content: file.content,
          target: file.path,
          mode: 0o644,
        })),
      )
      .withWaitStrategy(started);
    this.createOpts.Hostname = planned.name;
    this.hostConfig.CapDrop = ["ALL"];
    this.hostConfig.SecurityOpt = planned.securityOptions;
    this.hostConfig.Sysctls = planned.sysctls;
    this.hostConfig.CpuShares = planned.cpuShares;
    this.hostConfig.Devices = planned.devices.map((path) => ({
      PathOnHost: path,
      PathInContainer: path,
      CgroupPermissions: "rwm",
    }));
    if (first === undefined) {
      this.withNetworkMode("none");
    } else {
      this.withNetworkMode(first.network);
      this.createOpts.NetworkingConfig = {
        EndpointsConfig: { [first.network]: { IPAMConfig: { IPv4Address: first.address } } },
      };
    }
  }

  protected override async containerCreated(containerId: string): Promise<void> {
    for (const { network, address } of this.further) {
      await this.engine.getNetwork(network).connect({
        Container: containerId,
        EndpointConfig: { IPAMConfig: { IPv4Address: address } },
      });
    }
    if (this.networks > 0) this.turn = await this.turns.toStart(containerId, this.networks);
  }

  override async start(): Promise<StartedTestContainer> {
    try {
      return await super.start();
    } finally {
      this.turn?.[Symbol.dispose]();
    }
  }
}

/** No wait of a container's own: the lab follows the boot scripts' words of all together. */
const started: WaitStrategy = {
  waitUntilReady: async () => {},
  withStartupTimeout: () => started,
  isStartupTimeoutSet: () => true,
  getStartupTimeout: () => 0,
};
