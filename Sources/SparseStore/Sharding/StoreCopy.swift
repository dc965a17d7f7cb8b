internal import LMDB
internal import SparseFormat
internal import SystemPackage

/// Copies every document of a snapshot of some stores into other stores, bit for bit. A stopped copy can be continued.
///
/// String terms get their numbers first, in the order of the sources, so that copies give the same scores bit for bit
/// as the sources together. Each target stores its progress in the transaction that writes the documents.
package struct StoreCopy {
    /// How to treat an identifier that two sources have with different contents.
    package enum Conflict: String, Sendable, CaseIterable {
        /// The copy ends with an error.
        case refuse
        /// The document of the first source is kept.
        case first
        /// The document of the last source is kept.
        case last
    }

    /// The progress of a copy, including earlier calls that were stopped.
    package struct Summary: Sendable, Hashable {
        /// The number of documents in the sources.
        package var documents = 0
        /// The number of documents that were not copied because the target had an equal one or another one won a
        /// conflict.
        package var repeated = 0
    }

    private let sources: ShardedSnapshot
    private let targets: [Store]
    private let conflict: Conflict

    /// - Parameters:
    ///   - sources: The documents to copy.
    ///   - targets: New stores, or the targets of a stopped copy of the same state. With several targets, each document
    ///     goes to the one that its identifier's hash names.
    ///   - conflict: How to treat an identifier that two sources have with different contents.
    package init(_ sources: ShardedSnapshot, to targets: [Store], conflict: Conflict = .refuse) {
        self.sources = sources
        self.targets = targets
        self.conflict = conflict
    }

    /// The maximum number of documents in a batch, and the maximum number of components and payload bytes in it. A
    /// larger document is a batch by itself.
    private static let batchDocuments = 16_384
    private static let batchSize = 4 << 20

    /// Copies the missing documents.
    ///
    /// - Parameter progress: Called after each batch with the number of documents read so far. If it throws, the copy
    ///   stops and keeps the documents that were copied.
    /// - Throws: `invalidArgument` for a target with documents of another origin and for a conflict;
    ///   `dimensionMismatch` for token vectors whose encodings cannot be stored in one store; the errors of reading, of
    ///   writing and of `progress`.
    package func run(progress: (Int) throws -> Void = { _ in }) throws -> Summary {
        if let failure = sources.missing.first { throw failure }
        var places = try targets.map(place)
        if places.allSatisfy(\.isDone) { return summary(places) }
        try prepare(places)
        let first = places.map(\.next).min() ?? CopyPosition(source: 0, document: 0)
        var seen = 0
        var batch = Batch(targets: targets.count)
        func flush(_ next: CopyPosition) throws {
            for target in targets.indices where places[target].next < next {
                places[target] = try write(batch.documents[target], target, places[target], upTo: next)
            }
            batch = Batch(targets: targets.count)
            try progress(seen)
        }
        for (number, source) in sources.snapshots.enumerated() {
            if number < first.source {
                seen += source.count
                continue
            }
            let begin = number == first.source ? first.document : 0
            try source.forEachDocument(from: begin, includingMultivector: true) { document, place in
                let target = ShardRecord.shard(of: document.id, count: targets.count)
                let position = CopyPosition(source: number, document: place)
                if places[target].next <= position { batch.add(document, to: target) }
                seen += 1
                if batch.count >= Self.batchDocuments || batch.size >= Self.batchSize {
                    try flush(CopyPosition(source: number, document: place + 1))
                }
                return true
            }
            try flush(CopyPosition(source: number + 1, document: 0))
        }
        for target in targets.indices where !places[target].isDone {
            places[target].isDone = true
            try targets[target].write { try $0.setBookmark(CopyRecord.bookmark, to: places[target].bytes) }
        }
        return summary(places)
    }

    private func summary(_ places: [CopyRecord]) -> Summary {
        places.reduce(into: Summary()) {
            $0.documents += $1.documents
            $0.repeated += $1.repeated
        }
    }

    private struct Batch {
        var documents: [[Document]]
        var count = 0
        var size = 0

        init(targets: Int) { documents = Array(repeating: [], count: targets) }

        mutating func add(_ document: Document, to target: Int) {
            documents[target].append(document)
            count += 1
            size += (document.payload?.count ?? 0) + (document.multivector?.components.count ?? 0)
            switch document.content {
            case .terms(let terms): size += terms.count
            case .vector(let vector): size += vector.count
            case nil: break
            }
        }
    }

    /// Identifies a state of the sources and its division among targets.
    private var origin: UInt64 {
        var writer = ByteWriter()
        for snapshot in sources.snapshots {
            writer.u64(snapshot.source.uuid.high)
            writer.u64(snapshot.source.uuid.low)
            writer.u64(snapshot.generation)
        }
        writer.varint(UInt64(targets.count))
        return XXH64.hash(writer.bytes, seed: 0x434F_5059)
    }

    /// The progress of a target.
    private func place(_ target: Store) throws -> CopyRecord {
        try target.read { snapshot in
            if let record = try snapshot.bookmark(CopyRecord.bookmark).flatMap(CopyRecord.init) {
                guard record.origin == origin else {
                    throw SparseStoreError(
                        .invalidArgument,
                        problem: "'\(target.path)' contains a copy of other stores, or of an earlier state of these "
                            + "stores",
                        remedy: "remove it, or name another file")
                }
                return record
            }
            guard snapshot.count == 0, snapshot.manifest.nextTerm == 0 else {
                throw SparseStoreError(
                    .invalidArgument, problem: "'\(target.path)' already contains documents",
                    remedy: "name a file that does not exist")
            }
            return CopyRecord(origin: origin)
        }
    }

    /// Writes the encoder, the token codec and the terms to new targets, because documents refer to them.
    private func prepare(_ places: [CopyRecord]) throws {
        let tokens = try TokenEncoding(of: sources.snapshots)
        let encoder = sources.encoder
        for (target, place) in zip(targets, places) where place.next == CopyPosition(source: 0, document: 0) {
            var names: [String] = []
            func reserve() throws {
                try target.write { try $0.reserve(terms: names) }
                names.removeAll(keepingCapacity: true)
            }
            try target.write { transaction in
                if let encoder { try transaction.setEncoder(encoder) }
                if let tokens { try transaction.session.adopt(tokens.codec, tokens.codebook, tokens.dimension) }
                try transaction.setBookmark(CopyRecord.bookmark, to: place.bytes)
            }
            try sources.forEachTermName { name in
                names.append(name)
                if names.count == 65_536 { try reserve() }
            }
            try reserve()
        }
    }

    private func write(
        _ documents: [Document], _ number: Int, _ place: CopyRecord, upTo next: CopyPosition
    ) throws -> CopyRecord {
        let target = targets[number]
        let record = try target.write { transaction in
            var record = place
            record.next = next
            for document in documents {
                record.documents += 1
                if sources.snapshots.count > 1,
                    let other = try transaction.document(document.id, includingMultivector: true)
                {
                    record.repeated += 1
                    if conflict == .first || other.sorted == document.sorted { continue }
                    guard conflict == .last else {
                        throw SparseStoreError(
                            .invalidArgument,
                            problem: "two of the stores have the document '\(document.id)' with "
                                + "different contents",
                            remedy: "choose one with --conflict first or --conflict last")
                    }
                }
                try transaction.upsert(document)
            }
            try transaction.setBookmark(CopyRecord.bookmark, to: record.bytes)
            return record
        }
        try target.maintain()
        target.releaseMemory()
        return record
    }
}

/// A position in the documents of several stores, read one after the other.
private struct CopyPosition: Comparable {
    let source: Int
    /// A document number.
    let document: UInt64

    static func < (a: CopyPosition, b: CopyPosition) -> Bool { (a.source, a.document) < (b.source, b.document) }
}

/// The progress of a copy, stored as the bookmark `copy` of its target.
private struct CopyRecord {
    static let bookmark = "copy"
    private static let version: UInt8 = 1

    let origin: UInt64
    var next = CopyPosition(source: 0, document: 0)
    var isDone = false
    var documents = 0
    var repeated = 0

    init(origin: UInt64) { self.origin = origin }

    var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.u8(Self.version)
        writer.u8(isDone ? 1 : 0)
        writer.u16(UInt16(clamping: next.source))
        writer.zeros(4)
        writer.u64(origin)
        writer.u64(next.document)
        writer.u64(UInt64(documents))
        writer.u64(UInt64(repeated))
        return writer.bytes
    }

    /// Decodes a record; nil if the bytes are not one.
    init?(_ bytes: [UInt8]) {
        let read: CopyRecord? = bytes.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            guard let version = try? reader.u8(), version == Self.version, let done = try? reader.u8(),
                let source = try? reader.u16(), (try? reader.zeros(4)) != nil, let origin = try? reader.u64(),
                let document = try? reader.u64(), let documents = try? reader.u64(), let repeated = try? reader.u64(),
                reader.remaining == 0
            else { return nil }
            var record = CopyRecord(origin: origin)
            record.next = CopyPosition(source: Int(source), document: document)
            record.isDone = done == 1
            record.documents = Int(clamping: documents)
            record.repeated = Int(clamping: repeated)
            return record
        }
        guard let read else { return nil }
        self = read
    }
}

/// The one encoding that all token vectors of some stores have.
private struct TokenEncoding {
    let codec: MultivectorCodec
    let codebook: TokenCodebook?
    let dimension: Int

    /// Returns the encoding; nil if the stores have no token vectors.
    ///
    /// - Throws: `invalidArgument` for several encodings, because one store would have to round some vectors again.
    init?(of snapshots: [Snapshot]) throws {
        var found: (codec: MultivectorCodec, codebook: TokenCodebook?, dimension: Int)?
        for snapshot in snapshots {
            guard let settings = snapshot.multivectorSettings, settings.documents > 0 else { continue }
            let number = settings.encoding.codebook
            let codebook =
                try number == 0 ? nil : snapshot.view.read { try snapshot.multivectors($0).codebook(number) }
            let isSame = found.map { found in
                found.codec == settings.encoding.codec && found.codebook?.centroids == codebook?.centroids
                    && found.codebook?.codewords == codebook?.codewords
            }
            guard settings.outdated == 0, isSame ?? true else {
                throw SparseStoreError(
                    .invalidArgument,
                    problem: "the token vectors have several encodings "
                        + "('\(snapshot.source.file.environment.path)'), which one store cannot keep without a loss",
                    remedy: "change all stores to one codec, f16 or int8, first")
            }
            found = (settings.encoding.codec, codebook, settings.dimension)
        }
        guard let found else { return nil }
        (codec, codebook, dimension) = (found.codec, found.codebook, found.dimension)
    }
}

extension Document {
    /// Returns the document with its terms in byte order. Stores return terms in the order of their numbers.
    fileprivate var sorted: Document {
        guard case .terms(let terms) = content else { return self }
        var document = self
        document.content = .terms(terms.sorted { TextKey($0.term) < TextKey($1.term) })
        return document
    }
}
