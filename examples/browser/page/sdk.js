// Calls the endpoint with the AWS SDK for JavaScript. To be bundled, for example with
// `esbuild sdk.js --bundle --format=esm --outfile=sdk.bundle.js`.

import { Sha256 } from "@aws-crypto/sha256-js";
import { ConnectClient, UpdateContactAttributesCommand, UpdateContactCommand } from "@aws-sdk/client-connect";
import { SignatureV4 } from "@smithy/signature-v4";

function client({ endpoint, region, credentials }) {
  return new ConnectClient({
    endpoint,
    region,
    credentials,
    // The SDK would sign for Amazon Connect itself; API Gateway wants its own name.
    signer: new SignatureV4({ service: "execute-api", region, credentials, sha256: Sha256 }),
  });
}

/** Sets attributes of a contact. Throws the SDK's typed errors, such as ResourceNotFoundException. */
export async function updateContactAttributes(config, contactId, attributes) {
  const input = { InstanceId: config.instanceId, InitialContactId: contactId, Attributes: attributes };
  await client(config).send(new UpdateContactAttributesCommand(input));
}

/** Sets details of a contact, such as { Name: "…" }. Throws like updateContactAttributes. */
export async function updateContact(config, contactId, details) {
  const input = { InstanceId: config.instanceId, ContactId: contactId, ...details };
  await client(config).send(new UpdateContactCommand(input));
}
