internal import LMDB
internal import Platform
internal import SparseFormat

/// The records that describe a store and its state as of one commit.
struct MetaTable {
    let tables: Tables
    let reader: Reader

    func store() throws -> StoreRecord {
        guard let record = try StoreRecord(from: tables.meta, .meta, key: Keys.store, reader) else {
            throw SparseStoreError(
                .notAStore, "the file has no store record, so it is not a SparseStore file; check the path")
        }
        return record
    }

    func manifest() throws -> ManifestRecord {
        guard let record = try ManifestRecord(from: tables.meta, .meta, key: Keys.manifest, reader) else {
            throw SparseStoreError(.corrupted, "the store has no manifest; restore it from a backup")
        }
        return record
    }

    func tuning() throws -> TuningRecord? {
        try TuningRecord(from: tables.meta, .meta, key: Keys.tuning, reader)
    }

    /// Returns the claim of a merge, which may belong to this process, another, or a dead one.
    func merge() throws -> ClaimRecord? {
        try ClaimRecord(from: tables.meta, .meta, key: Keys.merge, reader)
    }

    /// Returns the segments that no manifest names and whose parts are kept for their space.
    func retired() throws -> [UInt32] {
        try RetiredRecord(from: tables.meta, .meta, key: Keys.retired, reader)?.segments ?? []
    }

    /// Returns the record of the block index, if there is one.
    func blocks() throws -> BlockIndexRecord? {
        try BlockIndexRecord(from: tables.meta, .meta, key: Keys.blocks, reader)
    }

    /// Returns the record of the block index; nil also if the record is damaged.
    func readableBlocks() throws -> BlockIndexRecord? {
        do {
            return try blocks()
        } catch is FormatError {
            return nil
        }
    }

    /// Returns the encoder of the store's vectors, if it was set.
    func encoder() throws -> EncoderRecord? {
        try EncoderRecord(from: tables.meta, .meta, key: Keys.encoder, reader)
    }

    /// Returns the attributes that documents have ever had.
    func attributeSchema() throws -> AttributeSchemaRecord {
        try AttributeSchemaRecord(from: tables.meta, .meta, key: Keys.attributes, reader) ?? AttributeSchemaRecord()
    }

    func bookmark(_ name: String) throws -> [UInt8]? {
        try BookmarkRecord(from: tables.meta, .meta, key: Keys.bookmark(name), reader)?.bytes
    }
}

extension MetaTable {
    static func put(_ manifest: ManifestRecord, _ tables: Tables, _ writer: Writer) throws {
        try manifest.put(into: tables.meta, .meta, key: Keys.manifest, writer)
    }

    static func put(retired segments: [UInt32], _ tables: Tables, _ writer: Writer) throws {
        if segments.isEmpty {
            _ = try writer.delete(tables.meta, Keys.retired)
        } else {
            try RetiredRecord(segments: segments).put(into: tables.meta, .meta, key: Keys.retired, writer)
        }
    }

    /// Writes the record of the block index; nil removes it.
    static func put(blocks: BlockIndexRecord?, _ tables: Tables, _ writer: Writer) throws {
        if let blocks {
            try blocks.put(into: tables.meta, .meta, key: Keys.blocks, writer)
        } else {
            _ = try writer.delete(tables.meta, Keys.blocks)
        }
    }

    static func put(encoder: EncoderRecord, _ tables: Tables, _ writer: Writer) throws {
        try encoder.put(into: tables.meta, .meta, key: Keys.encoder, writer)
    }

    static func put(_ schema: AttributeSchemaRecord, _ tables: Tables, _ writer: Writer) throws {
        try schema.put(into: tables.meta, .meta, key: Keys.attributes, writer)
    }

    static func putBookmark(_ name: String, _ bytes: [UInt8]?, _ tables: Tables, _ writer: Writer) throws {
        let key = Keys.bookmark(name)
        if let bytes {
            try BookmarkRecord(bytes: bytes).put(into: tables.meta, .meta, key: key, writer)
        } else {
            _ = try writer.delete(tables.meta, key)
        }
    }
}

extension EncoderRecord {
    /// Returns the scoring of counts for a number of live documents; nil if documents are scored by their weights.
    func scoring(documents: UInt64) -> BM25Function? {
        bm25.map { parameters in
            // Without documents there is nothing to score.
            let average = Float(Double(length) / Double(max(1, documents)))
            return BM25Function(parameters, averageLength: average > 0 ? average : 1)
        }
    }

    var description: EncoderDescription {
        EncoderDescription(
            name: name, fingerprint: fingerprint, parameters: parameters,
            scoring: bm25.map { .bm25(k1: $0.k1, b: $0.b) } ?? .innerProduct)
    }

    /// - Throws: `invalidArgument` for values that a record cannot hold.
    init(_ description: EncoderDescription) throws(SparseStoreError) {
        let nameBytes = description.name.utf8.count
        guard (1...Self.maximumNameBytes).contains(nameBytes) else {
            throw SparseStoreError(
                .invalidArgument,
                "an encoder name has \(nameBytes) bytes; use 1...\(Self.maximumNameBytes)")
        }
        guard description.parameters.utf8.count <= Self.maximumParameterBytes else {
            throw SparseStoreError(
                .invalidArgument,
                "the parameters of an encoder have \(description.parameters.utf8.count) bytes; "
                    + "use at most \(Self.maximumParameterBytes)")
        }
        self.init(name: description.name, fingerprint: description.fingerprint, parameters: description.parameters)
        if case .bm25(let k1, let b) = description.scoring {
            let parameters = BM25Parameters(k1: k1, b: b)
            guard parameters.isValid else {
                throw SparseStoreError(.invalidArgument, "BM25 needs k1 in 0...1000 and b in 0...1; got \(k1) and \(b)")
            }
            bm25 = parameters
        }
    }
}

extension StoreRecord {
    /// Returns the record of a new store on this machine.
    static func fresh() -> StoreRecord {
        // LMDB's pages are the system's.
        StoreRecord(
            pageSize: UInt32(clamping: sysconf(Int32(_SC_PAGESIZE))), createdAt: UInt64(clamping: time(nil)),
            uuid: StoreUUID.random())
    }
}
