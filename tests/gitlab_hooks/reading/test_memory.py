"""Proves that the memory of blobs keeps within its room and keeps projects apart."""

from gitlab_hooks.reading.memory import BlobMemory


def test_what_is_put_is_kept_for_its_project_only() -> None:
    memory = BlobMemory()
    memory.put(1, "blob", "text", "value", 10)
    assert memory.get(1, "blob", "text") == "value"
    assert memory.get(2, "blob", "text") is None
    assert memory.get(1, "blob", "ends") is None


def test_the_least_used_is_forgotten_first() -> None:
    memory = BlobMemory(room=8_000)
    for name in "abcdefgh":
        memory.put(1, name, "text", name, 800)
    assert memory.get(1, "a", "text") == "a"
    memory.put(1, "i", "text", "i", 800)
    assert memory.get(1, "a", "text") == "a"
    assert memory.get(1, "b", "text") is None


def test_what_is_too_large_is_not_kept_and_the_same_is_not_counted_twice() -> None:
    memory = BlobMemory(room=8_000)
    memory.put(1, "large", "text", "large", 2_000)
    assert memory.get(1, "large", "text") is None
    for _ in range(100):
        memory.put(1, "a", "text", "a", 500)
    memory.put(1, "b", "text", "b", 500)
    assert (memory.get(1, "a", "text"), memory.get(1, "b", "text")) == ("a", "b")
