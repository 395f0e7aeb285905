// Makes calls with the AWS SDK for JavaScript: one JSON line in for each call, one JSON line out when it has ended.
import { createInterface } from "node:readline";
import { ConnectClient, ConnectServiceException, UpdateContactAttributesCommand, UpdateContactCommand } from "@aws-sdk/client-connect";
import { SignatureV4 } from "@smithy/signature-v4";
import { createHash, createHmac } from "node:crypto";

const COMMANDS = { UpdateContact: UpdateContactCommand, UpdateContactAttributes: UpdateContactAttributesCommand };
const UNSIGNED = { sign: async (request) => request };

class Sha256 {
  constructor(secret) {
    this.hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret);
  }
  update(data) {
    this.hash.update(data);
  }
  async digest() {
    return new Uint8Array(this.hash.digest());
  }
}

function signer({ signingName, region, credentials }) {
  if (!credentials) return UNSIGNED;
  return new SignatureV4({ service: signingName, region, credentials, sha256: Sha256 });
}

async function call({ url, region, credentials, signingName, maxAttempts, operation, parameters }) {
  const client = new ConnectClient({
    endpoint: url,
    region,
    credentials: credentials ?? { accessKeyId: "none", secretAccessKey: "none" },
    signer: signer({ signingName, region, credentials }),
    maxAttempts,
  });
  try {
    const response = await client.send(new COMMANDS[operation](parameters));
    return { status: response.$metadata.httpStatusCode };
  } catch (error) {
    if (!(error instanceof ConnectServiceException)) return { crash: `${error.name}: ${error.message}` };
    return {
      errorType: error.name,
      message: error.message,
      status: error.$metadata.httpStatusCode,
      isTyped: error.constructor !== ConnectServiceException && error.constructor.name === error.name,
      retryAfter: error.$response?.headers?.["retry-after"] ?? null,
    };
  } finally {
    client.destroy();
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, ...request } = JSON.parse(line);
  call(request).then((answer) => process.stdout.write(`${JSON.stringify({ id, ...answer })}\n`));
}
