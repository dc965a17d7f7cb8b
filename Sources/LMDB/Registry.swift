/// The files open in this process. liblmdb's locks belong to the process, not to the handle: a second handle on the same
/// file would be let in silently, and closing either would drop the locks of both.
final class Registry: Sendable {
    static let shared = Registry()

    private let open = Lock<Set<FileIdentity>>([])
    private let creating = Lock<Set<String>>([])

    /// False if the file is open already.
    func reserve(_ identity: FileIdentity) -> Bool {
        open.withLock { $0.insert(identity).inserted }
    }

    func release(_ identity: FileIdentity) {
        open.withLock { _ = $0.remove(identity) }
    }

    /// Names of files in the making, so that a tidying neighbour leaves them alone.
    func beginCreating(_ name: String) {
        creating.withLock { _ = $0.insert(name) }
    }

    func endCreating(_ name: String) {
        creating.withLock { _ = $0.remove(name) }
    }

    func isCreating(_ name: String) -> Bool {
        creating.withLock { $0.contains(name) }
    }
}
