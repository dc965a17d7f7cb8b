internal import LMDB
internal import Logging
internal import SparseFormat
public import SystemPackage

/// The result of one call of a follower.
public struct FollowReport: Sendable, Hashable, Codable {
    /// The generation that the copy is at.
    public internal(set) var generation: UInt64
    /// Whether the copy was created or moved to another generation.
    public internal(set) var isNew: Bool
    /// The number of bytes read from the chunks of the target.
    public internal(set) var bytesFetched = 0
    /// The number of bytes of the file that the copy already had.
    public internal(set) var bytesReused = 0
    /// The size of the copy in bytes.
    public internal(set) var fileBytes = 0
}

/// Maintains a copy of a store that is published to a target (`Store.publish(to:)`), or copies an earlier commit.
///
/// The copy is read-only. Open it with ``Configuration/isReadOnly``. A new commit arrives as a new file that
/// replaces the copy. Open handles in any process keep reading the old file until they call `refresh()` or request a
/// generation with `atLeast:`. To write to a copy, or to continue from an earlier commit, make a copy at another path:
/// a file with its own commits is never replaced.
///
/// ```swift
/// let follower = Follower(of: FolderTarget(at: "/backup/wiki"), at: "wiki-copy.sparse")
/// let report = try follower.follow()
/// ```
public struct Follower: Sendable {
    private let catalog: Catalog
    private let path: FilePath
    private let configuration: Configuration

    /// Creates a follower, without reading or writing anything.
    ///
    /// - Parameters:
    ///   - target: The target to follow.
    ///   - path: The path of the copy, which need not exist.
    ///   - configuration: The configuration of the copy. Used are ``Configuration/fileMode``, the permission for
    ///     network file systems, and the logger.
    public init(of target: some PublicationTarget, at path: FilePath, configuration: Configuration = Configuration()) {
        catalog = Catalog(target)
        self.path = path
        self.configuration = configuration
    }

    /// Creates a follower. See `init(of:at:configuration:)`.
    ///
    /// - Parameters:
    ///   - target: The target to follow.
    ///   - path: The path of the copy.
    ///   - configuration: The configuration of the copy.
    public init(of target: some PublicationTarget, at path: String, configuration: Configuration = Configuration()) {
        self.init(of: target, at: FilePath(path), configuration: configuration)
    }

    /// Updates the copy to the newest commit of the target, or to another one. A rename replaces the whole copy, so a
    /// killed process leaves either the old copy or the new one.
    ///
    /// Every chunk is compared with its hash. The new file is opened and compared with its manifest before it takes the
    /// copy's place. Extents that the copy already has are not fetched, but they are read and written again, so the
    /// call needs free space for a second copy.
    ///
    /// - Parameter generation: The generation to update to; nil for the newest.
    /// - Throws: `notFound` if there is no such publication; `corrupted`, naming the object, if the target is damaged;
    ///   `invalidArgument` if the path has another store, or a store with its own commits; `busy` while another process
    ///   has the copy open for writing or is updating it; `diskFull`; `io`; the errors of the target.
    /// - Returns: A report of what was fetched.
    @discardableResult
    public func follow(to generation: UInt64? = nil) throws -> FollowReport {
        try follow(to: generation, cancellation: nil)
    }

    /// Updates the copy to a commit of the target. See `follow(to:)`.
    ///
    /// - Parameter generation: The generation to update to; nil for the newest.
    /// - Throws: The same errors, and `cancelled`.
    /// - Returns: A report of what was fetched.
    @discardableResult
    public func follow(to generation: UInt64? = nil) async throws -> FollowReport {
        try await AsyncHop.run { try follow(to: generation, cancellation: $0) }
    }

    private func follow(to generation: UInt64?, cancellation: Cancellation?) throws -> FollowReport {
        try SparseStoreError.translate {
            let record = try publication(generation)
            var report = FollowReport(generation: record.generation, isNew: false, fileBytes: record.fileBytes)
            // Most often there is nothing new, and nothing needs to be made to see that.
            if let (bytes, pageSize) = Environment.headers(at: path),
                try isCurrent(PublishedMark(headers: bytes, pageSize: pageSize), record)
            {
                Environment.removeLeftovers(of: path)
                return report
            }
            report.isNew = try Environment.replace(
                path, mode: configuration.fileMode, operation: "follow",
                fill: { file, old in
                    if let old, try isCurrent(mark(old), record) { return false }
                    try assemble(record, from: old, into: file, &report, cancellation)
                    return true
                }, check: { try check($0, record) })
            configuration.logger.debug(
                "followed",
                metadata: ["path": "\(path)", "generation": "\(report.generation)", "bytes": "\(report.bytesFetched)"])
            return report
        }
    }

    private func publication(_ generation: UInt64?) throws -> PublicationRecord {
        let uuid = try catalog.uuid()
        let manifests = try catalog.manifests()
        guard let chosen = manifests.last(where: { generation == nil || $0.generation == generation }) else {
            let range = manifests.first.flatMap { first in
                manifests.last.map { "from \(first.generation) to \($0.generation)" }
            }
            throw SparseStoreError(
                .notFound,
                problem:
                    "'\(catalog.target.name)' has no publication\(generation.map { " of generation \($0)" } ?? "")",
                remedy: range.map { "choose a published generation; they range \($0), possibly with gaps" }
                    ?? "publish the store first")
        }
        let record = try catalog.record(chosen)
        guard record.uuid == uuid else {
            throw SparseStoreError(
                .corrupted, problem: "'\(chosen.object)' in '\(catalog.target.name)' belongs to another store",
                remedy: "remove this object from the target")
        }
        return record
    }

    private func mark(_ file: PageFile) -> PublishedMark? {
        file.headers.flatMap { PublishedMark(headers: $0.bytes, pageSize: $0.pageSize) }
    }

    /// Returns whether the file at the path is the copy that a publication makes.
    private func isCurrent(_ mark: PublishedMark?, _ record: PublicationRecord) throws -> Bool {
        guard let mark else {
            throw SparseStoreError(
                .invalidArgument,
                problem: "'\(path)' was not made by a follower, or has its own commits, which "
                    + "would be lost",
                remedy: "name another path")
        }
        guard mark.uuid == record.uuid else {
            throw SparseStoreError(
                .invalidArgument,
                problem: "'\(path)' is a copy of another store, not of the one at "
                    + "'\(catalog.target.name)'",
                remedy: "name another path")
        }
        return mark.generation == record.generation && mark.transaction == record.transaction
    }

    /// Writes the file of a publication. Extents that the old file has come from there, the others from the target.
    private func assemble(
        _ record: PublicationRecord, from old: PageFile?, into file: NewPageFile,
        _ report: inout FollowReport,
        _ cancellation: Cancellation?
    ) throws {
        let nodes = try catalog.nodes(record)
        let size = record.extentBytes
        var places: [ContentHash: [Int]] = [:]
        func fetch() throws {
            report.bytesFetched += try catalog.contents(Set(places.keys), size: size) { hash, content in
                try cancellation?.check()
                for place in places[hash] ?? [] { try file.write(content, at: place * size) }
            }
            places = [:]
        }
        for extent in 0..<record.extents {
            try cancellation?.check()
            let node = record.nodes[extent / PublicationRecord.nodeExtents]
            guard node != .none, let hash = nodes[node]?[extent % PublicationRecord.nodeExtents], hash != .none else {
                continue
            }
            if let old {
                var content = old.read(from: extent * size, count: size)
                content.append(contentsOf: repeatElement(0, count: size - content.count))
                if content.withUnsafeBytes({ ContentHash(of: $0) }) == hash {
                    try file.write(content, at: extent * size)
                    report.bytesReused += size
                    continue
                }
            }
            places[hash, default: []].append(extent)
            if places.count == 64 { try fetch() }
        }
        try fetch()
        try file.finish(bytes: record.fileBytes)
    }

    /// Opens the new file and checks that it is the commit that the manifest describes. No other process knows the
    /// file.
    private func check(_ temporaryPath: String, _ record: PublicationRecord) throws {
        var configuration = Configuration()
        configuration.isReadOnly = true
        configuration.readsWithoutLock = true
        configuration.allowsNetworkFilesystem = self.configuration.allowsNetworkFilesystem
        let store = try Store.open(at: temporaryPath, configuration: configuration)
        defer { store.close() }
        try store.read { snapshot in
            guard store.source.uuid == record.uuid, snapshot.generation == record.generation,
                snapshot.count == Int(record.documents)
            else {
                throw SparseStoreError(
                    .corrupted,
                    problem: "generation \(record.generation) of '\(catalog.target.name)' does not match "
                        + "its manifest",
                    remedy: "publish again, or use another generation")
            }
        }
    }
}
