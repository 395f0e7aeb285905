// Reads a list of pairs of templates from standard input, and writes what AWS's differ says of each: the impact on each
// resource, and whether it finds permissions broadened.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { fullDiff } = createRequire(import.meta.url)("@aws-cdk/cloudformation-diff");

const pairs = JSON.parse(readFileSync(0, "utf8"));
const answers = pairs.map(([before, after]) => {
  let difference;
  try {
    difference = fullDiff(before, after);
  } catch (error) {
    // A policy without a document stops it.
    return { error: String(error), impacts: {} };
  }
  const impacts = {};
  difference.resources.forEachDifference((logicalId, change) => {
    impacts[logicalId] = change.changeImpact;
  });
  return { impacts, broadened: difference.permissionsBroadened };
});
process.stdout.write(JSON.stringify(answers));
