"""What the Hub answers to each request for a model repository.

Every function takes the connection that asks (its `hub`, `body`, `query`, `faults` and permissions) and the unquoted
parts of the path, and returns what becomes JSON, or a `Reply`.
"""

import json
import re
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import parse_qs

from .hub_repositories import HubError, Repository, front_matter, is_large

ROUTES = []


@dataclass
class Reply:
    status: int = 200
    body: bytes | dict | list = b""
    headers: dict[str, str] = field(default_factory=dict)


def route(method: str, pattern: str):
    """Registers a function under a method and a path; `MODEL` stands for the two parts of a repository's name."""

    def register(function):
        regex = pattern.replace("MODEL", "/api/models/([^/]+)/([^/]+)").replace("REVISION", "([^/]+)")
        ROUTES.append((method, re.compile(regex), function))
        return function

    return register


# === Users and repositories ===


@route("GET", "/api/whoami-v2")
def whoami(ask):
    ask.require()
    user, *organizations = ask.names
    orgs = [{"type": "org", "name": name, "roleInOrg": "write"} for name in organizations]
    access = {"type": "access_token", "accessToken": {"displayName": "test", "role": "write"}}
    return {"type": "user", "id": user, "name": user, "fullname": user, "isPro": False, "orgs": orgs, "auth": access}


@route("POST", "/api/repos/create")
def create(ask):
    order = json.loads(ask.body)
    user = ask.require(order.get("organization"))
    name = f"{order.get('organization') or user}/{order['name']}"
    if order.get("type", "model") != "model":
        raise HubError(400, "this Hub keeps models only")
    reply = Reply(body={"url": f"{ask.hub.url}/{name}", "name": name, "id": name})
    if name in ask.hub.store.repositories:
        return Reply(409, {**reply.body, "error": "You already created this model repo"})
    ask.hub.store.create(name, order.get("visibility") == "private" or bool(order.get("private")), user)
    return reply


@route("DELETE", "/api/repos/delete")
def delete(ask):
    order = json.loads(ask.body)
    repository = ask.repository(order.get("organization") or ask.require(), order["name"], write=True)
    del ask.hub.store.repositories[repository.name]
    return {}


@route("PUT", "MODEL/settings")
def change_settings(ask, namespace, name):
    visibility = json.loads(ask.body).get("visibility")
    repository = ask.repository(namespace, name, write=True)
    repository.private = repository.private if visibility is None else visibility == "private"
    return {"private": repository.private}


# === What a repository says of itself ===


@route("GET", "/api/models")
def models(ask):
    wanted = {key: values[0] for key, values in ask.query.items()}
    found = []
    for repository in ask.hub.store.repositories.values():
        namespace = repository.name.split("/")[0]
        info = describe(repository, "main", blobs=False)
        labels = {*info["tags"], info.get("pipeline_tag"), info.get("library_name")}
        if (
            (not repository.private or namespace in (ask.names or ()))
            and wanted.get("author", namespace) == namespace
            and wanted.get("search", "").lower() in repository.name.lower()
            and wanted.get("pipeline_tag", info.get("pipeline_tag")) == info.get("pipeline_tag")
            and labels.issuperset(ask.query.get("filter", ()))
        ):
            found.append(info)
    found.sort(key=lambda info: info.get(wanted.get("sort", "lastModified"), 0), reverse=True)
    if "cardData" not in wanted:
        found = [{key: value for key, value in info.items() if key != "cardData"} for info in found]
    if "full" not in wanted:
        hidden = ("siblings", "sha", "lastModified", "author")
        found = [{key: value for key, value in info.items() if key not in hidden} for info in found]
    return found[: int(wanted.get("limit", 1000))]


@route("GET", "MODEL(?:/revision/REVISION)?")
def model_info(ask, namespace, name, revision):
    info = describe(ask.repository(namespace, name), revision or "main", blobs="blobs" in ask.query)
    expand = ask.query.get("expand")
    return {key: value for key, value in info.items() if key in ("id", "_id", *expand)} if expand else info


def describe(repository: Repository, revision: str, blobs: bool) -> dict:
    """What `model_info` returns, with the card's front matter read as the Hub reads it."""
    commit = repository.at(revision)
    readme = commit.tree.get("README.md")
    card = (readme and front_matter(readme.content.decode())[0]) or {}
    library, license = card.get("library_name"), card.get("license")
    tags = [library] * bool(library) + list(card.get("tags") or []) + [f"license:{license}"] * bool(license)
    siblings = []
    for path, file in sorted(commit.tree.items()):
        sibling = {"rfilename": path}
        if blobs:
            sibling |= {"size": len(file.content), "blobId": file.blob_id}
        if blobs and file.large:
            sibling["lfs"] = {"sha256": file.sha256, "size": len(file.content), "pointerSize": len(file.pointer)}
        siblings.append(sibling)
    info = {
        "_id": sha256(repository.name.encode()).hexdigest()[:24],
        "id": repository.name,
        "modelId": repository.name,
        "author": repository.name.split("/")[0],
        "sha": commit.oid,
        "lastModified": repository.at("main").date,
        "createdAt": repository.created,
        "private": repository.private,
        "gated": False,
        "disabled": False,
        "downloads": repository.downloads,
        "likes": 0,
        "tags": list(dict.fromkeys([*tags, "region:us"])),
        "siblings": siblings,
        "spaces": [],
        "cardData": card,
    }
    return info | {key: card[key] for key in ("pipeline_tag", "library_name") if key in card}


@route("GET", "MODEL/tree/REVISION(?:/(.+))?")
def tree(ask, namespace, name, revision, folder):
    recursive = ask.query.get("recursive", ["false"])[0].lower() == "true"
    return ask.repository(namespace, name).at(revision).entries(folder or "", recursive)


@route("POST", "MODEL/paths-info/REVISION")
def paths_info(ask, namespace, name, revision):
    paths = parse_qs(ask.body.decode()).get("paths", ())
    entries = ask.repository(namespace, name).at(revision).entries()
    return [entry for entry in entries if entry["path"] in {path.rstrip("/") for path in paths}]


@route("GET", "MODEL/commits/REVISION")
def commits(ask, namespace, name, revision):
    return [
        {"id": c.oid, "title": c.title, "message": c.message, "date": c.date, "authors": [{"user": c.author}]}
        for c in ask.repository(namespace, name).at(revision).history
    ]


@route("GET", "MODEL/refs")
def refs(ask, namespace, name):
    repository = ask.repository(namespace, name)

    def listed(names, prefix):
        return [{"name": ref, "ref": f"{prefix}{ref}", "targetCommit": oid} for ref, oid in names.items()]

    listing = {"branches": listed(repository.branches, "refs/heads/"), "converts": []}
    return listing | {"tags": listed(repository.tags, "refs/tags/"), "pullRequests": listed(repository.pulls, "")}


@route("POST DELETE", "MODEL/(tag|branch)/REVISION")
def name_a_commit(ask, namespace, name, kind, revision):
    repository = ask.repository(namespace, name, write=True)
    names = repository.tags if kind == "tag" else repository.branches
    if ask.command == "DELETE":
        if names.pop(revision, None) is None:
            raise HubError(404, f"no {kind} {revision}", "RevisionNotFound")
        return {}
    order = json.loads(ask.body)
    ref, start = (order["tag"], revision) if kind == "tag" else (revision, order.get("startingPoint", "main"))
    if ref in names:
        raise HubError(409, f"Reference already exists: {ref}")
    names[ref] = repository.at(start).oid
    return {}


# === Push ===


@route("POST", "/api/validate-yaml")
def validate_yaml(ask):
    data, problem = front_matter(json.loads(ask.body)["content"])
    if problem:
        return Reply(400, {"errors": [{"message": problem}], "warnings": [], "error": "Invalid metadata"})
    missing = [{"message": "empty or missing yaml metadata in repo card"}] if data is None else []
    return {"errors": [], "warnings": missing}


@route("POST", "MODEL/preupload/REVISION")
def preupload(ask, namespace, name, revision):
    ask.require()
    commit = ask.repository(namespace, name, write="create_pr" not in ask.query).at(revision)
    files = []
    for file in json.loads(ask.body)["files"]:
        known, large = commit.tree.get(file["path"]), is_large(file["path"], file["size"])
        answer = {"path": file["path"], "uploadMode": "lfs" if large else "regular", "shouldIgnore": False}
        files.append(answer | ({"oid": known.etag} if known else {}))
    return {"files": files}


@route("POST", r"/([^/]+)/([^/]+)\.git/info/lfs/objects/batch")
def lfs_batch(ask, namespace, name):
    ask.require()
    order = json.loads(ask.body)
    ask.repository(namespace, name, write="ref" in order)
    objects = []
    for item in order["objects"]:
        if item["oid"] not in ask.hub.store.objects:
            ask.hub.awaited.add(item["oid"])
            place = f"{ask.hub.url}/lfs-storage/{item['oid']}"
            item["actions"] = {"upload": {"href": place, "header": {}}, "verify": {"href": f"{place}/verify"}}
        objects.append(item)
    return {"transfer": "basic", "objects": objects}


@route("PUT", "/lfs-storage/([0-9a-f]{64})")
def lfs_put(ask, oid):
    if oid not in ask.hub.awaited:
        raise HubError(403, "nobody asked to upload this object")
    if sha256(ask.body).hexdigest() != oid:
        raise HubError(400, "the object has another sha256")
    ask.hub.store.objects[oid] = ask.body
    return Reply()


@route("POST", "/lfs-storage/([0-9a-f]{64})/verify")
def lfs_verify(ask, oid):
    if len(ask.hub.store.objects.get(oid, b"")) != json.loads(ask.body)["size"]:
        raise HubError(404, "the object is not here")
    return Reply()


@route("POST", "MODEL/commit/REVISION")
def commit(ask, namespace, name, branch):
    user, pull = ask.require(), "create_pr" in ask.query
    repository = ask.repository(namespace, name, write=not pull)
    lines = [json.loads(line) for line in ask.body.splitlines() if line.strip()]
    written, number = ask.hub.store.commit(repository, branch, lines, user, pull)
    url = f"{ask.hub.url}/{repository.name}"
    answer = {"success": True, "commitOid": written.oid, "commitUrl": f"{url}/commit/{written.oid}", "hookOutput": ""}
    return answer | ({"pullRequestUrl": f"{url}/discussions/{number}"} if pull else {})


# === Pull ===


@route("GET HEAD", "/([^/]+)/([^/]+)/resolve/REVISION/(.+)")
def resolve(ask, namespace, name, revision, path):
    repository = ask.repository(namespace, name)
    commit = repository.at(revision)
    file = commit.tree.get(path)
    headers = {"X-Repo-Commit": commit.oid, "Accept-Ranges": "bytes"}
    if file is None:
        raise HubError(404, "Entry not found", "EntryNotFound", **headers)
    content, size = file.content, len(file.content)
    for fault in ask.faults:
        if fault.content:
            content = fault.content(content)
            size = size if fault.keeps_size else len(content)
    headers |= {"ETag": f'"{file.etag}"', "Content-Type": "application/octet-stream"}
    if file.large:
        headers |= {"X-Linked-Etag": f'"{file.etag}"', "X-Linked-Size": str(size)}
    wanted = re.fullmatch(r"bytes=(\d*)-(\d*)", ask.headers.get("Range", ""))
    if not wanted or not any(wanted.groups()):
        repository.downloads += ask.command == "GET"
        return Reply(200, content, headers)
    first, last = wanted.groups()
    start = int(first) if first else max(0, len(content) - int(last))
    end = min(int(last), len(content) - 1) if first and last else len(content) - 1
    if start > end:
        raise HubError(416, "Range Not Satisfiable", **{"Content-Range": f"bytes */{len(content)}"})
    headers["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
    return Reply(206, content[start : end + 1], headers)
