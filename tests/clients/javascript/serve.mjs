// Makes calls with the AWS SDK for JavaScript: one JSON line in for each call, one JSON line out when it has ended.
import { createInterface } from "node:readline";
import { ConnectClient, ConnectServiceException, UpdateContactAttributesCommand, UpdateContactCommand } from "@aws-sdk/client-connect";

const COMMANDS = { UpdateContact: UpdateContactCommand, UpdateContactAttributes: UpdateContactAttributesCommand };
const UNSIGNED = { sign: async (request) => request };

async function call({ url, region, credentials, signingName, maxAttempts, operation, parameters }) {
  const client = new ConnectClient({
    endpoint: url,
    region,
    credentials: credentials ?? { accessKeyId: "none", secretAccessKey: "none" },
    signingName,
    ...(credentials ? {} : { signer: UNSIGNED }),
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
