public import SparseFormat
public import SystemPackage

// The calls that change or copy whole stores, for tasks. See Store+Async.
extension Store {
    /// Opens a store, or creates it if it does not exist. See `open(at:configuration:)`.
    public static func open(
        at path: FilePath, configuration: Configuration = Configuration()
    ) async throws(SparseStoreError) -> Store {
        try await AsyncHop.wrap { _ in try open(at: path, configuration: configuration) }
    }

    /// Opens a store, or creates it if it does not exist. See `open(at:configuration:)`.
    public static func open(
        at path: String, configuration: Configuration = Configuration()
    ) async throws(SparseStoreError) -> Store {
        try await open(at: FilePath(path), configuration: configuration)
    }

    /// Writes a copy of the newest commit. See `backup(to:compacting:)`. Canceling the task does not
    /// stop the copy.
    public func backup(to path: FilePath, compacting: Bool = true) async throws(SparseStoreError) {
        try await AsyncHop.wrap { [self] _ in try backup(to: path, compacting: compacting) }
    }

    /// Writes a copy of the newest commit. See `backup(to:compacting:)`. Canceling the task does not
    /// stop the copy.
    public func backup(to path: String, compacting: Bool = true) async throws(SparseStoreError) {
        try await backup(to: FilePath(path), compacting: compacting)
    }

    /// Builds or extends a block index beside the windows. See ``buildBlocks(_:isCancelled:progress:)``. If the task is
    /// canceled, building stops, and the store is not changed.
    @discardableResult
    public func buildBlocks(
        _ settings: BlockSettings? = nil,
        progress: @escaping @Sendable (MaintenanceProgress) -> Void = { _ in }
    ) async throws -> Bool {
        try await AsyncHop.run { [self] cancellation in
            try buildBlocks(settings, isCancelled: { cancellation.isRaised }, progress: progress)
        }
    }

    /// Changes the codec of token vectors. See `encodeMultivectors(as:seed:progress:)`. If the task is canceled,
    /// encoding stops after the current step, and finished steps are kept.
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

    /// Changes the index profile. See `changeProfile(to:)`.
    public func changeProfile(to profile: IndexProfile) async throws(SparseStoreError) {
        try await AsyncHop.wrap { [self] _ in try changeProfile(to: profile) }
    }

    /// Creates a new store from the readable parts of a damaged one. See
    /// ``repair(_:to:skippingDamaged:configuration:progress:)``. If the task is canceled, the repair stops and
    /// leaves nothing behind.
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
