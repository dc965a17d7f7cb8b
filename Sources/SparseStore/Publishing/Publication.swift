internal import SparseFormat

/// A commit of a store in a target, to follow or to restore.
public struct Publication: Sendable, Hashable, Codable {
    /// The generation of the commit.
    public var generation: UInt64
    /// The time of publication in microseconds since 1970, by the publisher's clock.
    public var time: UInt64
    /// The number of documents in the commit.
    public var documents: Int
    /// The size in bytes of a file with this commit, including free pages.
    public var fileBytes: Int
}

extension Publication {
    /// Returns the publications in a target, oldest first. A commit may have been published twice.
    ///
    /// - Parameter target: The target.
    /// - Throws: `notFound` if it is not a target; `corrupted`, naming the object, if one is damaged; the errors of
    ///   reading the target.
    public static func all(in target: some PublicationTarget) throws -> [Publication] {
        try SparseStoreError.translate {
            let catalog = Catalog(target)
            _ = try catalog.uuid()
            return try catalog.records(catalog.manifests()) { Publication($0) }
        }
    }

    init(_ record: PublicationRecord) {
        self.init(
            generation: record.generation, time: record.time, documents: Int(record.documents),
            fileBytes: record.fileBytes)
    }

    /// The result of ``remove(from:keeping:)``.
    public struct Removal: Sendable, Hashable, Codable {
        /// The number of removed publications.
        public var publications: Int
        /// The number of removed chunks, which no other publication names.
        public var chunks: Int
    }

    /// Removes all publications but the newest ones, and the chunks that none of the remaining publications names.
    ///
    /// Manifests are removed before chunks, so the remaining publications are complete even if the process is killed. A
    /// follower that is reading a publication while it is removed gets an error that names a missing chunk, and can try
    /// again.
    ///
    /// - Parameters:
    ///   - target: The target.
    ///   - count: The number of publications to keep, at least 1.
    /// - Throws: `notFound` if the target has no publications; `busy` while another process publishes; `corrupted` if a
    ///   publication that stays is damaged, and then no chunk is removed; the errors of the target.
    /// - Returns: A report of what was removed.
    @discardableResult
    public static func remove(from target: some PublicationTarget, keeping count: Int) throws -> Removal {
        guard count >= 1 else {
            throw SparseStoreError(
                .invalidArgument, problem: "the number of publications to keep is \(count)",
                remedy: "keep 1 or more")
        }
        return try SparseStoreError.translate {
            let catalog = Catalog(target)
            // A folder that was never published to is not even locked.
            _ = try catalog.uuid()
            return try target.hold(alone: true) {
                let manifests = try catalog.manifests()
                let kept = manifests.suffix(count)
                // Read them before anything is removed: the chunks that a damaged manifest names are unknown.
                var named: Set<ContentHash> = []
                _ = try catalog.records(kept) { record in
                    named.formUnion(record.nodes)
                    for extents in try catalog.nodes(record).values { named.formUnion(extents) }
                }
                try target.remove(manifests.dropLast(count).map(\.object))
                let unnamed = try catalog.chunks().subtracting(named)
                try target.remove(unnamed.map(Catalog.object))
                return Removal(publications: manifests.count - kept.count, chunks: unnamed.count)
            }
        }
    }
}

/// The objects of a target by kind (FORMAT.md, "Publications").
struct Catalog {
    /// A manifest by its name.
    struct Manifest: Hashable, Comparable {
        let generation: UInt64
        let hash: ContentHash

        /// Nil for a name that no manifest has.
        init?(object: String) {
            let parts = object.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0] == TargetName.manifests else { return nil }
            let fields = parts[1].split(separator: "-", omittingEmptySubsequences: false)
            guard fields.count == 2, fields[0].utf8.count == 20, let generation = UInt64(fields[0]),
                let hash = ContentHash(fields[1])
            else { return nil }
            self.generation = generation
            self.hash = hash
        }

        init?(_ record: PublicationRecord, bytes: [UInt8]) {
            guard let hash = bytes.withUnsafeBytes({ ContentHash(of: $0) }) else { return nil }
            generation = record.generation
            self.hash = hash
        }

        var object: String {
            let digits = String(generation)
            return "\(TargetName.manifests)/\(String(repeating: "0", count: 20 - digits.count))\(digits)-\(hash)"
        }

        static func < (left: Manifest, right: Manifest) -> Bool { left.object < right.object }
    }

    /// Chunks that are asked for at once.
    private static let batch = 64
    /// Manifests that are asked for at once. A large one takes 32 MiB.
    private static let manifestBatch = 8

    let target: any PublicationTarget

    init(_ target: any PublicationTarget) { self.target = target }

    /// The store whose commits these are.
    func uuid() throws -> StoreUUID {
        guard let bytes = try target.read([TargetName.target]).first ?? nil else {
            throw SparseStoreError(
                .notFound, problem: "nothing was ever published to '\(target.name)'",
                remedy: "check the name, or publish a store there")
        }
        do throws(FormatError) {
            return try TargetRecord(bytes).uuid
        } catch {
            throw damage(TargetName.target, error, "restore it from a copy, or publish to another target")
        }
    }

    /// The manifests, oldest commit first.
    func manifests() throws -> [Manifest] {
        try target.names(in: TargetName.manifests).compactMap { Manifest(object: $0) }.sorted()
    }

    /// Returns what `keep` takes from the contents of manifests. Each is checked against the hash in its name.
    func records<Kept>(
        _ manifests: some Collection<Manifest>, _ keep: (PublicationRecord) throws -> Kept
    ) throws -> [Kept] {
        let manifests = Array(manifests)
        var kept: [Kept] = []
        for start in stride(from: 0, to: manifests.count, by: Self.manifestBatch) {
            let piece = manifests[start..<min(start + Self.manifestBatch, manifests.count)]
            for (manifest, bytes) in zip(piece, try target.read(piece.map(\.object))) {
                kept.append(try keep(record(manifest, bytes)))
            }
        }
        return kept
    }

    /// Returns the content of a manifest.
    func record(_ manifest: Manifest) throws -> PublicationRecord {
        try record(manifest, try target.read([manifest.object]).first ?? nil)
    }

    private func record(_ manifest: Manifest, _ bytes: [UInt8]?) throws -> PublicationRecord {
        let remedy = "remove it, and publish again or use another generation"
        guard let bytes else { throw missing(manifest.object, "try again, because it has just been removed") }
        do {
            guard bytes.withUnsafeBytes({ ContentHash(of: $0) }) == manifest.hash else {
                throw FormatError(.checksumMismatch)
            }
            let record = try PublicationRecord(bytes)
            guard record.generation == manifest.generation else {
                throw FormatError(.wrongKind, "the manifest of another generation")
            }
            return record
        } catch let error as FormatError {
            throw damage(manifest.object, error, remedy)
        }
    }

    /// The hashes of a publication's extents, by node.
    func nodes(_ record: PublicationRecord) throws -> [ContentHash: [ContentHash]] {
        var nodes: [ContentHash: [ContentHash]] = [:]
        try contents(Set(record.nodes), size: PublicationRecord.nodeBytes) { hash, content in
            do throws(FormatError) {
                nodes[hash] = try PublicationRecord.extents(ofNode: content)
            } catch {
                throw damage(Self.object(hash), error, Self.chunkRemedy)
            }
        }
        return nodes
    }

    // MARK: Chunks

    private static let chunkRemedy = "remove it and publish again, or use another generation"

    /// The name of a chunk.
    static func object(_ hash: ContentHash) -> String {
        let digits = "\(hash)"
        return "\(TargetName.chunks)/\(digits.prefix(2))/\(digits)"
    }

    /// The chunks that are there.
    func chunks() throws -> Set<ContentHash> {
        Set(
            try target.names(in: TargetName.chunks).compactMap { name in
                let parts = name.split(separator: "/", omittingEmptySubsequences: false)
                return parts.count == 3 ? ContentHash(parts[2]) : nil
            })
    }

    /// Reads chunks, in any order, each compared with its hash.
    ///
    /// - Parameters:
    ///   - size: The size of each content.
    ///   - body: Called once with each content.
    /// - Returns: The number of bytes that were read.
    @discardableResult
    func contents(
        _ hashes: Set<ContentHash>, size: Int, _ body: (ContentHash, [UInt8]) throws -> Void
    ) throws -> Int {
        let hashes = Array(hashes.subtracting([.none]))
        let decompressor = ZstdDecompressor()
        var bytes = 0
        for start in stride(from: 0, to: hashes.count, by: Self.batch) {
            let piece = hashes[start..<min(start + Self.batch, hashes.count)]
            for (hash, frame) in zip(piece, try target.read(piece.map(Self.object))) {
                guard let frame else {
                    throw missing(
                        Self.object(hash),
                        "try again, because its publication may have just been removed; if that does not help, "
                            + "publish again")
                }
                bytes += frame.count
                let content: [UInt8]
                do throws(FormatError) {
                    content = try PublishedChunk.content(frame, size: size, hash: hash, decompressor)
                } catch {
                    throw damage(Self.object(hash), error, Self.chunkRemedy)
                }
                try body(hash, content)
            }
        }
        return bytes
    }

    private func missing(_ object: String, _ remedy: String) -> SparseStoreError {
        SparseStoreError(.corrupted, problem: "'\(object)' of '\(target.name)' is missing", remedy: "\(remedy)")
    }

    private func damage(_ object: String, _ error: FormatError, _ remedy: String) -> SparseStoreError {
        let code: SparseStoreError.Code = error.code == .unsupportedVersion ? .incompatibleFormat : .corrupted
        return SparseStoreError(
            code, problem: "'\(object)' of '\(target.name)' is damaged: \(error.sentence)",
            remedy: "\(remedy)", cause: error)
    }
}
