"""The contract, rendered for its readers: JSON Schema, an OpenAPI document and a client model. Imports no CDK."""
