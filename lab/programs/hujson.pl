# HuJSON to JSON, as `perl -0p`: comments, and commas before a closing bracket, are no JSON.
s{("(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/}{$1 // ""}gse;
s{("(?:[^"\\]|\\.)*")|,(?=\s*[\]\}])}{$1 // ""}gse;
