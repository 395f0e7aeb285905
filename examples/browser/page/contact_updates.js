// Calls the endpoint with fetch: no SDK, no signature.
//
// config: { endpoint, instanceId, authorization, apiKey }, where `authorization` is what the endpoint's authorizer takes,
// such as "Bearer …", and `apiKey` is left out where none is required.

/** Sets attributes of a contact. Throws an Error whose name is the error type, such as ResourceNotFoundException. */
export function updateContactAttributes(config, contactId, attributes) {
  return post(config, "/contact/attributes", {
    InstanceId: config.instanceId,
    InitialContactId: contactId,
    Attributes: attributes,
  });
}

/** Sets details of a contact, such as { Name: "…" }. Throws like updateContactAttributes. */
export function updateContact(config, contactId, details) {
  return post(config, `/contacts/${[config.instanceId, contactId].map(encodeURIComponent).join("/")}`, details);
}

async function post(config, path, body) {
  const headers = { "Content-Type": "application/json", Authorization: config.authorization };
  if (config.apiKey) headers["X-Api-Key"] = config.apiKey;
  const answer = await fetch(config.endpoint + path, { method: "POST", headers, body: JSON.stringify(body) });
  if (answer.ok) return;
  const error = new Error((await answer.json()).message);
  error.name = answer.headers.get("x-amzn-ErrorType");
  throw error;
}
