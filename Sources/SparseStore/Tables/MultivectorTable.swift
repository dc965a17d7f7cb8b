internal import LMDB
internal import Platform
internal import SparseFormat

/// Maps document numbers to token vectors, and holds the codebooks of trained codecs.
struct MultivectorTable {
    let reader: StoreReader
    let codebooks: CodebookCache

    /// Returns a view into the memory map; nil if the document has no multivector. Valid while the reader's transaction
    /// lives.
    func view(_ number: UInt64) throws -> MultivectorView? {
        guard let bytes = try reader.get(.multivectors, number) else { return nil }
        return try MultivectorView(bytes, number: number)
    }

    /// Returns the token vectors of a document as their codec stored them.
    func multivector(_ number: UInt64) throws -> Multivector? {
        guard let view = try view(number) else { return nil }
        return try view.multivector(try view.codebook == 0 ? nil : codebook(view.codebook))
    }

    func settings() throws -> MultivectorSettings? {
        try MultivectorSettings(from: .meta, key: Keys.multivectorSettings, reader)
    }

    func codebook(_ number: UInt32) throws -> TokenCodebook {
        try codebooks.codebook(number) {
            guard let record = try TokenCodebook(from: .meta, key: Keys.codebook(number), reader) else {
                throw SparseStoreError.corrupted("codebook \(number) of the multivectors is missing")
            }
            return record
        }
    }

    /// Calls `body` with each multivector, in ascending order of numbers starting at `first`, until it returns false.
    func forEach(from first: UInt64, _ body: (UInt64, MultivectorView) throws -> Bool) throws {
        var cursor = try reader.cursor(.multivectors)
        var entry = try cursor.seek(atOrAfter: first)
        while let current = entry {
            let number = try Keys.multivectorNumber(current.key)
            guard try body(number, MultivectorView(current.value, number: number)) else { return }
            entry = try cursor.next()
        }
    }
}

/// Writes the multivectors of one write transaction and counts them.
struct MultivectorWriter {
    private let table: MultivectorTable
    private let writer: StoreWriter
    /// The codec for the first multivector of a store.
    private let firstCodec: MultivectorCodec
    private let base: MultivectorSettings?
    private(set) var settings: MultivectorSettings?
    private var encoder: MultivectorEncoder?

    init(_ writer: StoreWriter, _ codebooks: CodebookCache, firstCodec: MultivectorCodec) throws {
        table = writer.reader.multivectors(codebooks)
        self.writer = writer
        self.firstCodec = firstCodec
        base = try table.settings()
        settings = base
    }

    func multivector(_ number: UInt64) throws -> Multivector? { try table.multivector(number) }

    var hasChanged: Bool { settings != base }

    /// Throws if a multivector cannot be stored, before anything is written.
    func check(_ multivector: Multivector) throws(SparseStoreError) {
        guard let settings else {
            guard !firstCodec.isTrained else {
                throw SparseStoreError(
                    .codecNotTrained,
                    problem: "\(firstCodec) needs stored multivectors for training, and this store "
                        + "has none",
                    remedy: "write them as f16 or int8, then call encodeMultivectors(as: .\(firstCodec))")
            }
            return
        }
        guard multivector.dimension == settings.dimension else {
            throw SparseStoreError(
                .dimensionMismatch,
                problem: "the token vectors have \(multivector.dimension) dimensions, but those "
                    + "of this store have \(settings.dimension)",
                remedy: "use the model of the stored token vectors, or another store")
        }
    }

    /// Writes a document's multivector, which has passed `check`. Returns the size of its value in bytes.
    mutating func put(_ multivector: Multivector, number: UInt64) throws -> Int {
        var settings =
            settings ?? MultivectorSettings(dimension: multivector.dimension, encoding: .init(firstCodec))
        let value = try encoder(settings).encode(multivector, number: number)
        try writer.put(.multivectors, number, value, mode: .append)
        settings.add(settings.encoding)
        settings.tokens += UInt64(multivector.count)
        settings.bytes += UInt64(value.count)
        self.settings = settings
        return value.count
    }

    /// Deletes a document's multivector, if it has one.
    mutating func remove(number: UInt64) throws {
        guard var settings, let bytes = try table.reader.get(.multivectors, number) else { return }
        let view = try MultivectorView(bytes, number: number)
        let tokens = UInt64(view.count)
        guard settings.tokens >= tokens, settings.bytes >= UInt64(bytes.count), settings.remove(.init(view)) else {
            throw Self.otherCount()
        }
        settings.tokens -= tokens
        settings.bytes -= UInt64(bytes.count)
        try writer.delete(.multivectors, number)
        self.settings = settings
    }

    private static func otherCount() -> SparseStoreError {
        SparseStoreError(
            .corrupted, problem: "the store has more multivectors than its settings say",
            remedy: "run 'repair'")
    }

    /// Throws unless a dimension is that of the store's multivectors and codebooks.
    private static func require(_ dimension: Int, of settings: MultivectorSettings) throws {
        guard dimension == settings.dimension else {
            throw SparseStoreError(
                .corrupted,
                problem: "the dimension of a multivector or a codebook is \(dimension), but the store's setting is "
                    + "\(settings.dimension)",
                remedy: "run 'repair'")
        }
    }

    func finish() throws {
        guard hasChanged, let settings else { return }
        // A codebook is deleted with the last multivector that refers to it.
        for number in base?.codebooks.subtracting(settings.codebooks) ?? [] {
            try writer.delete(.meta, Keys.codebook(number))
        }
        try settings.put(into: .meta, key: Keys.multivectorSettings, writer)
    }

    private mutating func encoder(_ settings: MultivectorSettings) throws -> MultivectorEncoder {
        if let encoder { return encoder }
        let number = settings.encoding.codebook
        let codebook = number == 0 ? nil : try table.codebook(number)
        if let codebook { try Self.require(codebook.dimension, of: settings) }
        let made =
            codebook.map { MultivectorEncoder($0, number: number) } ?? MultivectorEncoder(settings.encoding.codec)
        encoder = made
        return made
    }
}

/// Changes of the codec of stored multivectors.
extension MultivectorWriter {
    /// Makes a codec the one of new multivectors. A trained codec reuses a codebook that is still referenced.
    ///
    /// - Parameter trained: The codebook, if the codec needs one and the store has none.
    /// - Returns: False, with nothing changed, if a codebook is needed but not given.
    mutating func use(_ codec: MultivectorCodec, _ trained: TokenCodebook?) throws -> Bool {
        guard var settings, settings.encoding.codec != codec else { return true }
        settings.encoding = .init(codec)
        if codec.isTrained {
            if let kept = settings.codebooks.max() {
                settings.encoding.codebook = kept
            } else {
                guard let trained else { return false }
                guard settings.nextCodebook < UInt32.max else {
                    throw SparseStoreError(
                        .limitExceeded, problem: "the store has run out of codebook numbers",
                        remedy: "copy its documents to a new store")
                }
                settings.encoding.codebook = settings.nextCodebook
                settings.nextCodebook += 1
                try trained.put(into: .meta, key: Keys.codebook(settings.encoding.codebook), writer)
            }
        }
        encoder = nil
        self.settings = settings
        return true
    }

    /// Makes an encoding the one of a store that has never had multivectors.
    ///
    /// - Parameter codebook: The codebook of another store, for a codec that has one.
    mutating func adopt(_ codec: MultivectorCodec, _ codebook: TokenCodebook?, dimension: Int) throws {
        guard settings == nil else { return }
        settings = MultivectorSettings(dimension: dimension)
        guard try use(codec, codebook) else {
            throw SparseStoreError(.internalError, problem: "\(codec) was to be used without its codebook")
        }
    }

    /// Encodes the next multivectors that are not in the encoding of new ones.
    /// - Parameters:
    ///   - first: The first document number.
    ///   - limit: The maximum number of bytes of stored values to read, unless a single one is larger.
    /// - Returns: The number to continue from, or nil at the end, and the number of multivectors read.
    mutating func encodeAgain(from first: UInt64, limit: Int) throws -> (next: UInt64?, count: Int) {
        guard var settings, settings.outdated > 0 else { return (nil, 0) }
        var outdated: [(number: UInt64, encoding: MultivectorSettings.Encoding, bytes: Int, multivector: Multivector)] =
            []
        var next: UInt64? = nil
        var seen = 0
        var count = 0
        try table.forEach(from: first) { number, view in
            guard seen < limit else {
                next = number
                return false
            }
            count += 1
            let bytes = ValueHeader.size + MultivectorView.headerBytes + view.data.count
            seen += bytes
            let encoding = MultivectorSettings.Encoding(view)
            if encoding != settings.encoding {
                try Self.require(view.dimension, of: settings)
                let codebook = try view.codebook == 0 ? nil : table.codebook(view.codebook)
                outdated.append((number, encoding, bytes, try view.multivector(codebook)))
            }
            return true
        }
        let encoder = try encoder(settings)
        for (number, encoding, bytes, multivector) in outdated {
            let value = encoder.encode(multivector, number: number)
            try writer.put(.multivectors, number, value, mode: .upsert)
            guard settings.bytes >= UInt64(bytes), settings.remove(encoding) else { throw Self.otherCount() }
            settings.add(settings.encoding)
            settings.bytes += UInt64(value.count)
            settings.bytes -= UInt64(bytes)
        }
        guard next != nil || settings.outdated == 0 else {
            throw SparseStoreError(
                .corrupted, problem: "the store has fewer multivectors than its settings say",
                remedy: "run 'repair'")
        }
        self.settings = settings
        return (settings.outdated > 0 ? next : nil, count)
    }
}

/// A cache of decoded codebooks, shared by the threads of a process. The codebook of a number never changes.
final class CodebookCache: Sendable {
    /// The number of cached codebooks. More than one at a time are in use only while multivectors are re-encoded.
    private static let capacity = 2
    private let known = Lock<[(number: UInt32, codebook: TokenCodebook)]>([])

    /// Forgets everything, for a file whose numbers may be others.
    func clear() { known.withLock { $0 = [] } }

    /// Returns the codebook of a number. Calls `read` to get it from the table if it is not cached.
    func codebook(_ number: UInt32, _ read: () throws -> TokenCodebook) throws -> TokenCodebook {
        try known.withLock { known in
            if let found = known.first(where: { $0.number == number }) { return found.codebook }
            let codebook = try read()
            if known.count == Self.capacity { known.removeFirst() }
            known.append((number, codebook))
            return codebook
        }
    }
}
