"""The contract and its renderings: JSON Schema, an OpenAPI document and a client model. Nothing here imports CDK."""
