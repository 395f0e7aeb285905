"""What a change of CloudFormation templates means to whoever reviews it.

Nothing is synthesised and nothing is deployed: two templates are compared, and each difference that matters is
reported with the reason why. Only the standard library is used, and nothing else of this package.

The modules, in the order in which they work: `reading` and `git` get the templates; `hashes`, `canonical` and
`conditions` make equal what means the same; `pairing` finds out which old resource is which new one; `facts` and
`replacement` say which are replaced; `policies`, `patterns`, `holders` and `grants` compare permissions; `rules`
judges; `review` puts all of it together; `accepted` and the reports come last.
"""
