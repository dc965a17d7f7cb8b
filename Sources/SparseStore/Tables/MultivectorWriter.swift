internal import LMDB
internal import SparseFormat

/// Writes the multivectors of one write transaction, and counts them.
struct MultivectorWriter {
    private let table: MultivectorTable
    private let writer: Writer
    /// For the first multivector of a store.
    private let firstCodec: MultivectorCodec
    private let base: MultivectorSettings?
    private(set) var settings: MultivectorSettings?
    private var encoder: MultivectorEncoder?

    init(_ table: MultivectorTable, _ writer: Writer, firstCodec: MultivectorCodec) throws {
        self.table = table
        self.writer = writer
        self.firstCodec = firstCodec
        base = try table.settings()
        settings = base
    }

    func multivector(_ number: UInt64) throws -> Multivector? { try table.multivector(number) }

    var hasChanged: Bool { settings != base }

    /// Throws what a multivector cannot be stored for, before anything is written.
    func check(_ multivector: Multivector) throws(SparseStoreError) {
        guard let settings else {
            guard !firstCodec.isTrained else {
                throw SparseStoreError(
                    .codecNotTrained,
                    "\(firstCodec) is trained from stored multivectors and this store has none: write them as f16 or "
                        + "int8, then call encodeMultivectors(as: .\(firstCodec))")
            }
            return
        }
        guard multivector.dimension == settings.dimension else {
            throw SparseStoreError(
                .dimensionMismatch,
                "the token vectors have \(multivector.dimension) dimensions and this store's \(settings.dimension); "
                    + "use the model that made the first ones, or another store")
        }
    }

    /// Writes a document's multivector, which has passed `check`; returns the bytes of its value.
    mutating func put(_ multivector: Multivector, number: UInt64) throws -> Int {
        var settings = settings ?? MultivectorSettings(dimension: multivector.dimension, codec: firstCodec)
        let value = try encoder(settings).encode(multivector, number: number)
        try writer.put(table.tables.multivectors, number, value, mode: .append)
        settings.documents += 1
        settings.tokens += UInt64(multivector.count)
        settings.bytes += UInt64(value.count)
        self.settings = settings
        return value.count
    }

    /// Deletes a document's multivector, if it has one.
    mutating func remove(number: UInt64) throws {
        guard var settings, let bytes = try table.reader.get(table.tables.multivectors, number) else { return }
        let view = try MultivectorView(bytes, number: number)
        let tokens = UInt64(view.count)
        let outdated: UInt64 = settings.isCurrent(view) ? 0 : 1
        guard settings.documents >= 1, settings.tokens >= tokens, settings.bytes >= UInt64(bytes.count),
            settings.outdated >= outdated
        else {
            throw SparseStoreError(
                .corrupted, "the store has more multivectors than were counted; restore it from a backup")
        }
        settings.documents -= 1
        settings.tokens -= tokens
        settings.bytes -= UInt64(bytes.count)
        settings.outdated -= outdated
        _ = try writer.delete(table.tables.multivectors, number)
        self.settings = settings
    }

    func finish() throws {
        guard hasChanged, let settings else { return }
        try settings.put(into: table.tables.meta, .meta, key: Keys.multivectorSettings, writer)
    }

    private mutating func encoder(_ settings: MultivectorSettings) throws -> MultivectorEncoder {
        if let encoder { return encoder }
        let made =
            settings.codebook == 0
            ? MultivectorEncoder(settings.codec)
            : MultivectorEncoder(try table.codebook(settings.codebook), number: settings.codebook)
        encoder = made
        return made
    }
}

/// Changing the codec of what is stored.
extension MultivectorWriter {
    /// Makes a codec the one of new multivectors.
    /// - Parameter trained: its codebook, for a codec that has one.
    mutating func use(_ codec: MultivectorCodec, _ trained: TokenCodebook?) throws {
        guard var settings else { return }
        settings.codec = codec
        settings.codebook = 0
        settings.outdated = settings.documents
        if let trained {
            settings.codebook = settings.nextCodebook
            guard settings.nextCodebook < UInt32.max else {
                throw SparseStoreError(
                    .limitExceeded, "the store has used up its codebook numbers; copy the documents to a new store")
            }
            settings.nextCodebook += 1
            try trained.put(into: table.tables.meta, .meta, key: Keys.codebook(settings.codebook), writer)
        }
        self.settings = settings
        encoder = nil
    }

    /// Encodes the next multivectors that are not in the codec of new ones.
    /// - Parameters:
    ///   - first: the document number to begin at.
    ///   - limit: bytes of stored values to look at, at most, unless one is larger.
    /// - Returns: the number to go on from, nil when none is left, and how many multivectors were looked at.
    mutating func encodeAgain(from first: UInt64, limit: Int) throws -> (next: UInt64?, count: Int) {
        guard var settings else { return (nil, 0) }
        var outdated: [(number: UInt64, bytes: Int, multivector: Multivector)] = []
        var next: UInt64? = nil
        var seen = 0
        var count = 0
        try table.forEach(from: first) { number, view in
            guard seen < limit, outdated.count < settings.outdated else {
                next = number
                return false
            }
            count += 1
            let bytes = ValueHeader.size + MultivectorView.headerBytes + view.data.count
            seen += bytes
            if !settings.isCurrent(view) {
                let codebook = try view.codebook == 0 ? nil : table.codebook(view.codebook)
                outdated.append((number, bytes, try view.multivector(codebook)))
            }
            return true
        }
        let encoder = try encoder(settings)
        for (number, bytes, multivector) in outdated {
            let value = encoder.encode(multivector, number: number)
            try writer.put(table.tables.multivectors, number, value, mode: .upsert)
            settings.bytes = settings.bytes &- UInt64(bytes) &+ UInt64(value.count)
        }
        settings.outdated -= UInt64(outdated.count)
        if settings.outdated == 0 { next = nil }
        self.settings = settings
        return (next, count)
    }

    /// Deletes the codebooks that no multivector names any more: all but that of new ones.
    func removeOldCodebooks() throws {
        guard let settings else { return }
        for number in try table.codebookNumbers() where number != settings.codebook {
            _ = try writer.delete(table.tables.meta, Keys.codebook(number))
        }
    }
}
