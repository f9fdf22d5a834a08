import type Dockerode from "dockerode";
import {
  GenericContainer,
  PullPolicy,
  type StartedTestContainer,
  type WaitStrategy,
} from "testcontainers";
import {
  type Connection,
  connectOthers,
  createOptions,
  startsFirst,
  toEngine,
} from "../../lab/engine/create-container.ts";
import type { EndpointQueue } from "../../lab/engine/endpoint-queue.ts";
import { waitForEnd } from "../../lab/engine/one-shot.ts";
import { packFiles } from "../../lab/engine/tar.ts";
import type { PlannedContainer, PlannedNetwork } from "../../lab/plan/plan.ts";

/**
 * One container of a plan, by Testcontainers. Testcontainers puts a container on one network;
 * the others are connected between creation and start, so that the boot script finds them all.
 */
export class LabContainer extends GenericContainer {
  private readonly engine: Dockerode;
  private readonly planned: PlannedContainer;
  private readonly networks: Connection[];
  private readonly endpoints: EndpointQueue;
  private turn: Disposable | undefined;
  private readonly starting = Promise.withResolvers<void>();
  /** Settles when the container has been started: one that runs to its end goes on then. */
  readonly started = this.starting.promise;

  constructor(
    engine: Dockerode,
    planned: PlannedContainer,
    image: string,
    networks: readonly PlannedNetwork[],
    endpoints: EndpointQueue,
  ) {
    super(image);
    const asked = toEngine(
      planned,
      this.imageName.string,
      (name) => networks.find((network) => network.name === name)?.dockerName ?? name,
    );
    const { HostConfig, ...options } = createOptions(asked);
    this.engine = engine;
    this.planned = planned;
    this.networks = asked.networks;
    this.endpoints = endpoints;
    Object.assign(this.createOpts, options);
    Object.assign(this.hostConfig, HostConfig);
    this.withPullPolicy(PullPolicy.neverPull()).withWaitStrategy(started);
    // Testcontainers sets it in the engine's options as it starts.
    if (HostConfig?.NetworkMode !== undefined) this.withNetworkMode(HostConfig.NetworkMode);
    if (planned.files.length > 0) {
      this.withCopyArchivesToContainer([{ tar: packFiles(planned.files), target: "/" }]);
    }
  }

  protected override async containerCreated(containerId: string): Promise<void> {
    await connectOthers(this.engine, containerId, this.networks);
    // Who is on no network has no endpoint to wait for.
    if (this.networks.length === 0) return;
    const priority = startsFirst(this.planned) ? 1 : 0;
    this.turn = await this.endpoints.toStart(containerId, this.networks.length, priority);
  }

  /** A container that runs to its end has ended when this resolves. */
  override async start(): Promise<StartedTestContainer> {
    const container = await this.startInTurn();
    if (this.planned.oneShot === true) {
      await waitForEnd(this.engine.getContainer(container.getId()), this.planned.name);
    }
    return container;
  }

  private async startInTurn(): Promise<StartedTestContainer> {
    try {
      return await super.start();
    } finally {
      this.turn?.[Symbol.dispose]();
      this.starting.resolve();
    }
  }
}

/** No wait of a container's own: the lab follows the output of all boot scripts together. */
const started: WaitStrategy = {
  waitUntilReady: async () => {},
  withStartupTimeout: () => started,
  isStartupTimeoutSet: () => true,
  getStartupTimeout: () => 0,
};
