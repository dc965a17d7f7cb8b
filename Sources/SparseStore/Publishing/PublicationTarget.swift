/// An object of a target: its name, whose parts are separated by "/", and its bytes.
public struct PublishedObject: Sendable, Hashable {
    /// The name below the target.
    public var name: String
    /// The content.
    public var bytes: [UInt8]

    /// Makes an object.
    ///
    /// - Parameters:
    ///   - name: below the target; ASCII letters, digits, "-" and "/".
    ///   - bytes: the content.
    public init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }
}

/// Where publications are kept: a folder (``FolderTarget``), or anything else that keeps objects under names, such as a
/// bucket of an object store.
///
/// Objects are written once and never changed. What a target promises: an object is there whole or not at all; what
/// ``write(_:)`` and ``create(_:)`` have returned from is durable and in the next ``names(in:)`` of everybody.
public protocol PublicationTarget: Sendable {
    /// The target as messages name it.
    var name: String { get }

    /// Whether nothing is there that a publisher has not put there.
    ///
    /// - Returns: true also when the target itself is not there yet.
    func isUnused() throws -> Bool

    /// The names of all objects in a folder, at any depth.
    ///
    /// - Parameter folder: the first part of their names.
    /// - Returns: full names, in any order; none when there is no such folder.
    func names(in folder: String) throws -> [String]

    /// Reads objects.
    ///
    /// - Parameter names: at most some hundred.
    /// - Returns: for each name the content, nil for an object that is not there.
    func read(_ names: [String]) throws -> [[UInt8]?]

    /// Writes objects, in any order. One that is there already has the same content and may be left.
    ///
    /// - Parameter objects: some megabytes at most.
    func write(_ objects: [PublishedObject]) throws

    /// Writes an object unless one of its name is there.
    ///
    /// - Parameter object: the object.
    /// - Returns: false when another was there, which is left as it is.
    func create(_ object: PublishedObject) throws -> Bool

    /// Removes objects; those that are not there are no error.
    ///
    /// - Parameter names: any number of them.
    func remove(_ names: [String]) throws

    /// Runs `body` while nobody removes objects, or, `alone`, while nobody publishes or removes.
    ///
    /// - Parameters:
    ///   - alone: for who removes objects.
    ///   - body: reads and writes the target.
    /// - Throws: `busy` when others are at work too long, and what `body` throws.
    /// - Returns: what `body` returns.
    func hold<R>(alone: Bool, _ body: () throws -> R) throws -> R
}

/// The names of a target's objects (FORMAT.md, "Publications").
enum TargetName {
    static let target = "target"
    static let manifests = "manifests"
    static let chunks = "chunks"
}
