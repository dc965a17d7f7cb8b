/// An object of a target: its name, whose parts are separated by "/", and its bytes.
public struct PublishedObject: Sendable, Hashable {
    /// The name below the target.
    public var name: String
    /// The content.
    public var bytes: [UInt8]

    /// Creates an object.
    ///
    /// - Parameters:
    ///   - name: The name relative to the target; ASCII letters, digits, "-" and "/".
    ///   - bytes: The content.
    public init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }
}

/// A place for publications: a folder (``FolderTarget``), or anything else that stores objects by name, such as a
/// bucket of an object store.
///
/// Objects are written once and never changed. A target guarantees that an object exists completely or not at all, and
/// that it is durable and visible to every ``names(in:)`` once ``write(_:)`` or ``create(_:)`` has returned.
public protocol PublicationTarget: Sendable {
    /// The name of the target in messages.
    var name: String { get }

    /// Returns whether the target does not exist or contains only publications.
    func isUnused() throws -> Bool

    /// Returns the names of all objects in a folder, at any depth.
    ///
    /// - Parameter folder: The first part of the names.
    /// - Returns: Full names in any order; none if the folder does not exist.
    func names(in folder: String) throws -> [String]

    /// Reads objects.
    ///
    /// - Parameter names: Some hundred names at most.
    /// - Returns: The content of each object; nil for a missing object.
    func read(_ names: [String]) throws -> [[UInt8]?]

    /// Writes objects in any order. An object that exists has the same content and may be skipped.
    ///
    /// - Parameter objects: Some megabytes at most.
    func write(_ objects: [PublishedObject]) throws

    /// Writes an object unless one with its name exists.
    ///
    /// - Parameter object: The object.
    /// - Returns: False if an object existed, which is not changed.
    func create(_ object: PublishedObject) throws -> Bool

    /// Removes objects. Missing objects are ignored.
    ///
    /// - Parameter names: The names of the objects.
    func remove(_ names: [String]) throws

    /// Runs `body` while no other process removes objects or, if `alone`, publishes or removes.
    ///
    /// - Parameters:
    ///   - alone: Whether to exclude publishers as well, to remove objects.
    ///   - body: Reads and writes the target.
    /// - Throws: `busy` if other processes take too long, and the errors of `body`.
    /// - Returns: The result of `body`.
    func hold<R>(alone: Bool, _ body: () throws -> R) throws -> R
}

extension PublicationTarget {
    /// The error for a place that contains something else.
    var isTaken: SparseStoreError {
        SparseStoreError(
            .invalidArgument, problem: "'\(name)' contains files that are not publications",
            remedy: "name a new or empty folder or prefix")
    }
}

/// The names of a target's objects (FORMAT.md, "Publications").
enum TargetName {
    static let target = "target"
    static let manifests = "manifests"
    static let chunks = "chunks"
}
