public import SparseFormat
public import SystemPackage

// The calls that change or copy whole stores, for tasks. See Store+Async.
extension Store {
    /// Opens a store, or makes it. See ``open(at:configuration:)-(FilePath,_)``.
    public static func open(
        at path: FilePath, configuration: Configuration = Configuration()
    ) async throws(SparseStoreError) -> Store {
        try await AsyncHop.wrap { _ in try open(at: path, configuration: configuration) }
    }

    /// Opens a store, or makes it. See ``open(at:configuration:)-(FilePath,_)``.
    public static func open(
        at path: String, configuration: Configuration = Configuration()
    ) async throws(SparseStoreError) -> Store {
        try await open(at: FilePath(path), configuration: configuration)
    }

    /// Writes a copy of the newest commit. See ``backup(to:compacting:)-(FilePath,_)``. It is not stopped half way.
    public func backup(to path: FilePath, compacting: Bool = true) async throws(SparseStoreError) {
        try await AsyncHop.wrap { [self] _ in try backup(to: path, compacting: compacting) }
    }

    /// Writes a copy of the newest commit. See ``backup(to:compacting:)-(FilePath,_)``. It is not stopped half way.
    public func backup(to path: String, compacting: Bool = true) async throws(SparseStoreError) {
        try await backup(to: FilePath(path), compacting: compacting)
    }

    /// Builds a block index beside the windows. See ``buildBlocks(_:isCancelled:progress:)``; it stops when the task is
    /// cancelled, with the store as it was.
    @discardableResult
    public func buildBlocks(
        _ settings: BlockSettings = BlockSettings(),
        progress: @escaping @Sendable (MaintenanceProgress) -> Void = { _ in }
    ) async throws -> Bool {
        try await AsyncHop.run { [self] cancellation in
            try buildBlocks(settings, isCancelled: { cancellation.isRaised }, progress: progress)
        }
    }

    /// Changes how token vectors are kept. See ``encodeMultivectors(as:seed:progress:)``; it stops after the step in which
    /// the task is cancelled, and keeps what is done.
    public func encodeMultivectors(
        as codec: MultivectorCodec, seed: UInt64 = 1,
        progress: @escaping @Sendable (Int, Int) throws -> Void = { _, _ in }
    ) async throws {
        try await AsyncHop.run { [self] cancellation in
            try encodeMultivectors(as: codec, seed: seed) { done, total in
                try progress(done, total)
                try cancellation.check()
            }
        }
    }

    /// Changes what the index is made for. See ``changeProfile(to:)``.
    public func changeProfile(to profile: IndexProfile) async throws(SparseStoreError) {
        try await AsyncHop.wrap { [self] _ in try changeProfile(to: profile) }
    }

    /// Makes a new store of what can still be read of a damaged one. See
    /// ``repair(_:to:skippingDamaged:configuration:progress:)``; it stops when the task is cancelled, and then leaves
    /// nothing behind.
    public static func repair(
        _ damaged: FilePath, to new: FilePath, skippingDamaged: Bool = false,
        configuration: Configuration = Configuration(),
        progress: @escaping @Sendable (VerificationProgress) throws -> Void = { _ in }
    ) async throws -> RepairReport {
        try await AsyncHop.run { cancellation in
            try repair(damaged, to: new, skippingDamaged: skippingDamaged, configuration: configuration) { step in
                try progress(step)
                try cancellation.check()
            }
        }
    }
}
