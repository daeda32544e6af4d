"""The identifiers of the domain, each a type of its own, so that a function cannot be handed the wrong one."""

from typing import NewType

RepositoryId = NewType("RepositoryId", int)
"""GitHub's numeric repository id: it survives renames and transfers."""

RepositoryName = NewType("RepositoryName", str)
"""`owner/name`, as GitHub spells it now."""

InstallationId = NewType("InstallationId", int)
IssueNumber = NewType("IssueNumber", int)
CommentId = NewType("CommentId", int)

DeliveryId = NewType("DeliveryId", str)
"""The GUID of `X-GitHub-Delivery`; a redelivery carries the same one."""

CommitSha = NewType("CommitSha", str)
BlobSha = NewType("BlobSha", str)

DocumentPath = NewType("DocumentPath", str)
"""A path inside a repository, `/`-separated, as the tree spells it, byte for byte."""

GapKey = NewType("GapKey", str)
"""What names a gap for ever: 12 lower-case hex digits, written into the marker of its issue."""
