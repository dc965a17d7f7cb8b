internal import ArgumentParser
internal import SparseStore

/// The store a command works on.
struct StoreArgument: ParsableArguments {
    @Argument(help: "The store's file.")
    var store: String

    /// Opens the store for reading; it must be there.
    ///
    /// - Parameter change: what a command has options for.
    func openForReading(_ change: (inout Configuration) -> Void = { _ in }) throws -> Store {
        var configuration = Configuration()
        configuration.isReadOnly = true
        configuration.createIfMissing = false
        change(&configuration)
        return try Store.open(at: store, configuration: configuration)
    }

    /// Opens the store for writing. A command merges only when it says so: one that is done in a moment must not leave
    /// half of a merge behind.
    ///
    /// - Parameter change: what a command has options for.
    func openForWriting(
        createIfMissing: Bool, _ change: (inout Configuration) -> Void = { _ in }
    ) throws -> Store {
        var configuration = Configuration()
        configuration.createIfMissing = createIfMissing
        configuration.maintenance = .manual
        change(&configuration)
        return try Store.open(at: store, configuration: configuration)
    }
}
