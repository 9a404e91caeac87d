"""Reads what depstate wrote with libraries that others have written.

check.py FOLDER: every file below it whose name says what it is. Prints counts and versions as one
line of JSON; says what is wrong on stderr, with exit code 1.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import feedparser
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from google.protobuf import json_format
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from packageurl import PackageURL

counts = {"sboms": 0, "components": 0, "provenances": 0, "purls": 0, "feeds": 0, "entries": 0}
wrong = []


def sbom(path, text):
    error = JsonStrictValidator(SchemaVersion.V1_5).validate_str(text)
    if error is not None:
        wrong.append(f"{path}: {error!r}")
    counts["sboms"] += 1
    found = json.loads(text)
    components = [found["metadata"]["component"], *found["components"]]
    counts["components"] += len(components)
    refs = [component["bom-ref"] for component in components]
    if len(set(refs)) != len(refs):
        wrong.append(f"{path}: a bom-ref stands twice")
    for component in components:
        if "purl" in component:
            purl = PackageURL.from_string(component["purl"])
            counts["purls"] += 1
            if purl.to_string() != component["purl"]:
                wrong.append(f"{path}: {component['purl']} is written {purl.to_string()}")


def provenance(path, text):
    parsed = json_format.Parse(text, statement_pb2.Statement())
    statement = Statement.copy_from_pb(parsed)
    statement.validate()
    if parsed.predicate_type != "https://slsa.dev/provenance/v1":
        wrong.append(f"{path}: {parsed.predicate_type}")
    predicate = json_format.ParseDict(
        json_format.MessageToDict(parsed.predicate), provenance_pb2.Provenance()
    )
    definition, run = predicate.build_definition, predicate.run_details
    if not (definition.build_type and run.builder.id and definition.resolved_dependencies):
        wrong.append(f"{path}: a field that SLSA asks for is empty")
    if not run.metadata.started_on.seconds:
        wrong.append(f"{path}: no time")
    for resource in definition.resolved_dependencies:
        if not (resource.digest or resource.uri):
            wrong.append(f"{path}: {resource.name} has neither address nor digest")
    counts["provenances"] += 1


def feed(path, text):
    found = feedparser.parse(text)
    if found.bozo or found.version != "atom10":
        wrong.append(f"{path}: {found.get('bozo_exception')!r}, {found.version}")
    ids = [entry.id for entry in found.entries]
    if len(set(ids)) != len(ids) or not found.feed.id or not found.feed.updated:
        wrong.append(f"{path}: ids or times are missing")
    times = [entry.updated_parsed for entry in found.entries]
    if times != sorted(times, reverse=True) or any(time is None for time in times):
        wrong.append(f"{path}: entries are not in order")
    counts["feeds"] += 1
    counts["entries"] += len(ids)


for path in sorted(Path(sys.argv[1]).rglob("*")):
    for ending, look in [
        (".cdx.json", sbom),
        (".provenance.json", provenance),
        (".atom", feed),
    ]:
        if path.is_file() and path.name.endswith(ending):
            try:
                look(path, path.read_text())
            except Exception as error:  # whatever a library raises is an answer
                wrong.append(f"{path}: {error!r}")

names = ["cyclonedx-python-lib", "in-toto-attestation", "packageurl-python", "feedparser"]
print(json.dumps({**counts, "versions": {name: version(name) for name in names}}))
print("\n".join(wrong), file=sys.stderr)
sys.exit(1 if wrong else 0)
