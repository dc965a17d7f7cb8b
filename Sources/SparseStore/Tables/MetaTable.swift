internal import LMDB
internal import Platform
internal import SparseFormat

/// The records that describe a store and its state as of one commit.
struct MetaTable {
    let reader: StoreReader

    func store() throws -> StoreRecord {
        guard let record = try StoreRecord(from: .meta, key: Keys.store, reader) else {
            throw SparseStoreError(
                .notAStore, problem: "the file has no store record, so it is not a SparseStore file",
                remedy: "check the path")
        }
        return record
    }

    func manifest() throws -> ManifestRecord {
        guard let record = try ManifestRecord(from: .meta, key: Keys.manifest, reader) else {
            throw SparseStoreError.corrupted("the store has no manifest")
        }
        return record
    }

    func tuning() throws -> TuningRecord? {
        try TuningRecord(from: .meta, key: Keys.tuning, reader)
    }

    /// Returns the claim of a merge, which may belong to this process, another, or a dead one.
    func merge() throws -> ClaimRecord? {
        try ClaimRecord(from: .meta, key: Keys.merge, reader)
    }

    /// Returns the segments that no manifest names and whose parts are kept for their space.
    func retired() throws -> [UInt32] {
        try RetiredRecord(from: .meta, key: Keys.retired, reader)?.segments ?? []
    }

    /// Returns the record of the block index, if there is one.
    func blocks() throws -> BlockIndexRecord? {
        try BlockIndexRecord(from: .meta, key: Keys.blocks, reader)
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
        try EncoderRecord(from: .meta, key: Keys.encoder, reader)
    }

    /// Returns the attributes that documents have ever had.
    func attributeSchema() throws -> AttributeSchemaRecord {
        try AttributeSchemaRecord(from: .meta, key: Keys.attributes, reader) ?? AttributeSchemaRecord()
    }

    func bookmark(_ name: String) throws -> [UInt8]? {
        try BookmarkRecord(from: .meta, key: Keys.bookmark(name), reader)?.bytes
    }
}

extension StoreWriter {
    func put(_ manifest: ManifestRecord) throws { try manifest.put(into: .meta, key: Keys.manifest, self) }

    func put(_ encoder: EncoderRecord) throws { try encoder.put(into: .meta, key: Keys.encoder, self) }

    func put(_ schema: AttributeSchemaRecord) throws { try schema.put(into: .meta, key: Keys.attributes, self) }

    func put(_ tuning: TuningRecord) throws { try tuning.put(into: .meta, key: Keys.tuning, self) }

    func putRetired(_ segments: [UInt32]) throws {
        if segments.isEmpty {
            try delete(.meta, Keys.retired)
        } else {
            try RetiredRecord(segments: segments).put(into: .meta, key: Keys.retired, self)
        }
    }

    /// Writes the record of the block index; nil removes it.
    func putBlocks(_ blocks: BlockIndexRecord?) throws {
        if let blocks {
            try blocks.put(into: .meta, key: Keys.blocks, self)
        } else {
            try delete(.meta, Keys.blocks)
        }
    }

    func putBookmark(_ name: String, _ bytes: [UInt8]?) throws {
        let key = Keys.bookmark(name)
        if let bytes {
            try BookmarkRecord(bytes: bytes).put(into: .meta, key: key, self)
        } else {
            try delete(.meta, key)
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
        guard (1...Limits.maximumEncoderNameBytes).contains(nameBytes) else {
            throw SparseStoreError(
                .invalidArgument, problem: "an encoder name has \(nameBytes) bytes",
                remedy: "use a name of 1...\(Limits.maximumEncoderNameBytes) bytes")
        }
        guard description.parameters.utf8.count <= Limits.maximumEncoderParameterBytes else {
            throw SparseStoreError(
                .invalidArgument,
                problem: "the parameters of an encoder have \(description.parameters.utf8.count) "
                    + "bytes",
                remedy: "use at most \(Limits.maximumEncoderParameterBytes)")
        }
        self.init(name: description.name, fingerprint: description.fingerprint, parameters: description.parameters)
        if case .bm25(let k1, let b) = description.scoring {
            let parameters = BM25Parameters(k1: k1, b: b)
            guard parameters.isValid else {
                throw SparseStoreError(
                    .invalidArgument, problem: "the parameters of BM25 are k1 = \(k1) and b = \(b)",
                    remedy: "use k1 in 0...1000 and b in 0...1")
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
