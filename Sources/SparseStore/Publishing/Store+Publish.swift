internal import LMDB
internal import Logging
internal import Platform
internal import SparseFormat

/// The result of a publication.
public struct PublicationReport: Sendable, Hashable, Codable {
    /// The generation of the commit.
    public internal(set) var generation: UInt64
    /// Whether the target did not have this commit before.
    public internal(set) var isNew: Bool
    /// The number of objects written.
    public internal(set) var objects = 0
    /// The number of bytes written.
    public internal(set) var bytes = 0
    /// The size of the store's file in bytes.
    public internal(set) var fileBytes = 0
}

extension Store {
    /// Ships the newest commit to a target: those of its pages that the target lacks, then a manifest that names them
    /// all. A ``Follower`` makes a file of it, anywhere. The publications that a target keeps are points to restore.
    ///
    /// Writers and searches continue meanwhile. Pages that writers free are not reused before the call ends. All pages
    /// are read and hashed (SHA-256), even if few are shipped. If the process is killed, every manifest in the target
    /// is still complete. Several processes may publish one store at the same time.
    ///
    /// ```swift
    /// try store.publish(to: FolderTarget(at: "/backup/wiki"))
    /// ```
    ///
    /// - Parameter target: The target. The first publication binds it to this store.
    /// - Throws: `invalidArgument` if the target belongs to another store, contains other files, or has a newer commit
    ///   than this store; `busy` while publications are being removed there; the errors of reading the store and of
    ///   writing the target.
    /// - Returns: A report of what was shipped.
    @discardableResult
    public func publish(to target: some PublicationTarget) throws -> PublicationReport {
        try publish(to: target, cancellation: nil)
    }

    /// Ships the newest commit to a target. See `publish(to:)`.
    ///
    /// - Parameter target: The target.
    /// - Throws: The same errors, and `cancelled`.
    /// - Returns: A report of what was shipped.
    @discardableResult
    public func publish(to target: some PublicationTarget) async throws -> PublicationReport {
        try await AsyncHop.run { [self] in try publish(to: target, cancellation: $0) }
    }

    private func publish(to target: some PublicationTarget, cancellation: Cancellation?) throws -> PublicationReport {
        try SparseStoreError.translate {
            try target.hold(alone: false) {
                var publisher = Publisher(target: target, cancellation: cancellation)
                let report = try publisher.publish(file, source.uuid)
                configuration.logger.debug(
                    "published",
                    metadata: [
                        "target": "\(target.name)", "generation": "\(report.generation)", "bytes": "\(report.bytes)",
                    ])
                return report
            }
        }
    }
}

/// Ships one commit.
private struct Publisher {
    /// How large an extent is. Smaller ones ship fewer bytes for a small commit, larger ones make fewer objects.
    private static let extentBytes = 32 << 10
    /// Compressed bytes, or objects, that are written at once.
    private static let batchBytes = 8 << 20
    private static let batchObjects = 256

    private let catalog: Catalog
    private let cancellation: Cancellation?
    private let compressor = ZstdCompressor()
    private var present: Set<ContentHash> = []
    private var batch: [PublishedObject] = []
    private var batched = 0
    private var report = PublicationReport(generation: 0, isNew: false)

    init(target: any PublicationTarget, cancellation: Cancellation?) {
        catalog = Catalog(target)
        self.cancellation = cancellation
    }

    mutating func publish(_ file: StoreFile, _ uuid: StoreUUID) throws -> PublicationReport {
        try claim(for: uuid)
        // Before the commit is looked at, so that a commit published meanwhile is no newer one than the store has.
        let newest = try catalog.manifests().last
        present = try catalog.chunks()
        let pages = try file.environment.newestPages()
        let manifest = try StoreReader(file.tables, pages.reader).meta.manifest()
        report.generation = manifest.generation
        report.fileBytes = pages.count * pages.pageSize
        guard newest.map({ $0.generation <= manifest.generation }) ?? true else {
            throw SparseStoreError(
                .invalidArgument,
                problem: "'\(catalog.target.name)' has generation \(newest?.generation ?? 0) of "
                    + "this store, which is at generation \(manifest.generation): the store was restored from an "
                    + "earlier state",
                remedy: "publish it to another target")
        }
        let mark = PublishedMark(uuid: uuid, generation: manifest.generation, transaction: pages.transactionID)
        var record = PublicationRecord(
            uuid: uuid, generation: manifest.generation, transaction: pages.transactionID, time: Self.now,
            documents: manifest.documents, pageSize: pages.pageSize, pages: pages.count,
            extentPages: max(1, Self.extentBytes / pages.pageSize), nodes: [])
        guard record.expectedNodes <= PublicationRecord.maximumNodes else {
            throw SparseStoreError(
                .limitExceeded, problem: "the file has \(record.fileBytes) bytes, more than a publication can describe",
                remedy: "divide the store into shards")
        }
        record.nodes = try ship(pages, record, mark)
        try flush()
        if let newest, newest.generation == record.generation {
            let known = try catalog.record(newest)
            if known.nodes == record.nodes, known.pages == record.pages, known.extentPages == record.extentPages {
                return report
            }
        }
        let bytes = record.bytes
        guard let name = Catalog.Manifest(record, bytes: bytes)?.object else { throw noHash }
        _ = try catalog.target.create(PublishedObject(name: name, bytes: bytes))
        count(bytes)
        report.isNew = true
        return report
    }

    /// Makes the target this store's, or sees that it is.
    private func claim(for uuid: StoreUUID) throws {
        let target = catalog.target
        if try target.read([TargetName.target])[0] == nil {
            guard try target.isUnused() else { throw target.isTaken }
            _ = try target.create(PublishedObject(name: TargetName.target, bytes: TargetRecord(uuid: uuid).bytes))
        }
        let owner = try catalog.uuid()
        guard owner == uuid else {
            throw SparseStoreError(
                .invalidArgument,
                problem: "'\(target.name)' holds publications of the store \(owner), and this one "
                    + "is \(uuid)",
                remedy: "name another target")
        }
    }

    /// Writes the chunks that are not there; returns the hashes of the nodes.
    private mutating func ship(
        _ pages: borrowing CommitPages, _ record: PublicationRecord, _ mark: PublishedMark
    ) throws -> [ContentHash] {
        var buffer: [UInt8] = []
        var extents: [ContentHash] = []
        extents.reserveCapacity(record.extents)
        for extent in 0..<record.extents {
            try cancellation?.check()
            let first = extent * record.extentPages
            guard try pages.read(first..<first + record.extentPages, into: &buffer) else {
                extents.append(.none)
                continue
            }
            if extent == 0 {
                // The header pages may lie in two extents; the mark is of both.
                var headers = pages.headers
                mark.write(into: &headers, pageSize: pages.pageSize)
                buffer.replaceSubrange(..<pages.pageSize, with: headers[..<pages.pageSize])
            }
            extents.append(try ship(buffer))
        }
        var nodes: [ContentHash] = []
        for start in stride(from: 0, to: extents.count, by: PublicationRecord.nodeExtents) {
            let node = extents[start..<min(start + PublicationRecord.nodeExtents, extents.count)]
            nodes.append(
                node.allSatisfy { $0 == .none } ? .none : try ship(PublicationRecord.node(node)))
        }
        return nodes
    }

    private mutating func ship(_ content: [UInt8]) throws -> ContentHash {
        guard let hash = content.withUnsafeBytes({ ContentHash(of: $0) }) else { throw noHash }
        guard present.insert(hash).inserted else { return hash }
        guard let frame = content.withUnsafeBytes({ PublishedChunk.frame($0, compressor) }) else {
            throw SparseStoreError(
                .outOfMemory, problem: "there is not enough memory to compress a chunk",
                remedy: "free some memory and try again")
        }
        batch.append(PublishedObject(name: Catalog.object(hash), bytes: frame))
        batched += frame.count
        if batched >= Self.batchBytes || batch.count >= Self.batchObjects { try flush() }
        return hash
    }

    private mutating func flush() throws {
        guard !batch.isEmpty else { return }
        try catalog.target.write(batch)
        for object in batch { count(object.bytes) }
        batch = []
        batched = 0
    }

    private mutating func count(_ bytes: [UInt8]) {
        report.objects += 1
        report.bytes += bytes.count
    }

    private var noHash: SparseStoreError {
        SparseStoreError(
            .internalError, problem: "the system's library of cryptography has no SHA-256",
            remedy: "install OpenSSL 3")
    }

    /// Microseconds since 1970.
    private static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(max(0, time.tv_sec)) * 1_000_000 + UInt64(time.tv_nsec / 1_000)
    }
}
