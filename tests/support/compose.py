"""docker-compose.yml as compose renders it, and what stops it on a real engine although its schema is right."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

VARIABLE = re.compile(r"\$(?:\$|\{(?P<name>[A-Z_0-9]+)(?::?(?P<how>[-?+])(?P<rest>[^}]*))?\})")
SECRET = re.compile(r"/run/secrets/(\w+)")
INSTALLED = {  # programs that a health check may name, by the image of its service
    "jixiao": {"python", "celery", "test", "find"},
    "jixiao-superset": {"python"},
    "postgres": {"pg_isready"},
    "redis": {"redis-cli", "REDISCLI_AUTH"},
    "chrislusf/seaweedfs": {"wget"},
}
LISTENS = {"api-server": 8080, "superset": 8088, "objects": 8333}


class UnsetError(Exception):
    """A variable has neither a value nor a default, or its message says that it is wanted."""


def substitute(text: str, variables: dict[str, str]) -> str:
    """What compose does with ${NAME:-default}, ${NAME:+other}, ${NAME:?message}, ${NAME} and $$."""

    def replace(match: re.Match[str]) -> str:
        if match["name"] is None:
            return "$"
        value = variables.get(match["name"], "")
        if match["how"] == "+":
            return match["rest"] if value else ""
        if not value and match["how"] == "?":
            raise UnsetError(match["rest"])
        if match["name"] not in variables and match["how"] is None:
            raise UnsetError(f"{match['name']} is not set")
        return value or (match["rest"] if match["how"] == "-" else "") or ""

    return VARIABLE.sub(replace, text)


def render(node: Any, variables: dict[str, str]) -> Any:
    """A tree of YAML with every variable replaced."""
    if isinstance(node, dict):
        return {name: render(one, variables) for name, one in node.items() if not str(name).startswith("x-")}
    if isinstance(node, list):
        return [render(one, variables) for one in node]
    return substitute(node, variables) if isinstance(node, str) else node


def find_traps(deployment: dict[str, Any], dockerfiles: dict[str, str]) -> list[str]:
    """What would keep a service of a rendered file from starting, from becoming healthy or from writing; one a line.

    `dockerfiles`: of the images that are built here, by image name without its tag.
    """
    services = deployment["services"]
    found: list[str] = []
    for name, service in services.items():
        for kind in ("configs", "secrets"):
            for one in service.get(kind, ()):
                source = one if isinstance(one, str) else one["source"]
                given = deployment.get(kind, {}).get(source)
                if given is None:
                    found.append(f"{name}: {kind} {source} is not declared")
                elif service.get("read_only") and "file" not in given:
                    found.append(f"{name}: {kind} {source} is no file, and the service is read-only")
        named = set(SECRET.findall(str(service)))
        given = {one if isinstance(one, str) else one["source"] for one in service.get("secrets", ())}
        found += [f"{name}: reads the secret {one}, which it is not given" for one in sorted(named - given)]
        for needed, how in (service.get("depends_on") or {}).items():
            if needed not in services:
                found.append(f"{name}: depends on {needed}, which is no service")
            elif how["condition"] == "service_healthy" and "healthcheck" not in services[needed]:
                found.append(f"{name}: waits for the health of {needed}, which has no health check")
        found += _check_health(name, service, services)
        found += _check_volumes(name, service, deployment, dockerfiles)
    ports = Counter(str(port).rpartition(":")[0] for one in services.values() for port in one.get("ports", ()))
    found += [f"the port {port} is used {count} times" for port, count in ports.items() if count > 1]
    for volume in deployment.get("volumes", {}):
        mounts = [one for service in services.values() for one in service.get("volumes", ())]
        if not [one for one in mounts if one.startswith(f"{volume}:") and not one.endswith(":ro")]:
            found.append(f"the volume {volume} is written by nobody")
    return found


def _check_health(name: str, service: dict[str, Any], services: dict[str, Any]) -> list[str]:
    test = (service.get("healthcheck") or {}).get("test")
    if test is None:
        return []
    found = []
    program = re.split(r"[\s=]", test[1])[0]
    image = service["image"].partition(":")[0]
    if program not in INSTALLED.get(image, set()):
        found.append(f"{name}: the health check needs {program}, which {image} may not have")
    for host, port in re.findall(r"https?://([\w.-]+):(\d+)", " ".join(test)):
        target = name if host in ("localhost", "127.0.0.1") else host
        if target not in services or LISTENS.get(target) != int(port):
            found.append(f"{name}: the health check asks {host}:{port}, where nothing listens")
    return found


def _check_volumes(
    name: str, service: dict[str, Any], deployment: dict[str, Any], dockerfiles: dict[str, str]
) -> list[str]:
    found = []
    for volume in service.get("volumes", ()):
        source, target, *more = volume.split(":")
        if source.startswith((".", "/")) or more == ["ro"]:
            continue
        if source not in deployment.get("volumes", {}):
            found.append(f"{name}: the volume {source} is not declared")
        file = dockerfiles.get(service["image"].partition(":")[0])
        if file is None:
            continue  # the makers of the image give the folder to its user
        user = re.findall(r"^USER (\S+)$", file, re.MULTILINE)[-1]
        made = re.findall(rf"install -d -o {user} [^\n&\\]*", file)
        if not any(target in line.split() for line in made):
            found.append(f"{name}: {target} is not made for {user}: a new volume there belongs to root")
    return found
