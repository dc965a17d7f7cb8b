import SparseFormat
import SparseStore

extension FuzzTarget {
    /// The input is a script of writes, commits, aborts, searches, merges, block indexes, tuning, changes of codec,
    /// compaction and reopening. After each step the store must agree with a dictionary.
    static let operations = FuzzTarget(
        name: "operations", longest: 512,
        seeds: { [Array(0...255), Array((0...255).reversed()), Array("upsert, search".utf8)] },
        run: { bytes in
            var run = try OperationsRun(bytes)
            try run.finish()
        })
}

/// One script, its store and its model.
private struct OperationsRun {
    private enum Change {
        case upsert(Document)
        case update(String, [String: AttributeValue])
        case remove(String)
        case removeWhere(Filter)
        case read(String)
        case abort
    }

    private struct Abort: Error {}

    private let folder: TemporaryFolder
    private var store: Store
    private var model = Model()
    private var bytes: Slice<UnsafeRawBufferPointer>
    private let usesNames: Bool
    private let configuration: Configuration

    init(_ bytes: UnsafeRawBufferPointer) throws {
        folder = try TemporaryFolder()
        self.bytes = bytes.prefix(2_000)
        let first = self.bytes.popFirst() ?? 0
        usesNames = first & 1 == 0
        var configuration = Configuration()
        configuration.durability = .lastCommitsMayBeLost
        // If the map has to grow, the transaction runs again.
        if first & 2 == 0 { configuration.mapSize = 1 << 18 }
        if first & 4 == 0 { configuration.multivectorCodec = .int8 }
        self.configuration = configuration
        store = try Store.open(at: folder.path("store"), configuration: configuration)
    }

    mutating func finish() throws {
        while !bytes.isEmpty {
            let step = next()
            switch step % 10 {
            case 0...4: try write()
            case 5, 6: try search(.exact)
            case 7: try search([.fast, .target(0.9), .plainSeismic(cut: 3, heapFactor: 0.8)][next() % 3])
            case 8: try maintain(step / 10)
            default:
                store.close()
                store = try Store.open(at: folder.path("store"), configuration: configuration)
            }
        }
        try compare()
        store.close()
    }

    private mutating func maintain(_ kind: Int) throws {
        switch kind % 6 {
        case 0: try store.optimize()
        case 1: try store.compact()
        case 2: try store.buildBlocks()
        case 3: try store.tune(queries: [query()])
        case 4: try encode(as: .int8)
        default: try encode(as: .f16)
        }
    }

    /// Both codecs preserve the token vectors used here. A change is sometimes interrupted, and continues with the next
    /// one.
    private mutating func encode(as codec: MultivectorCodec) throws {
        let isInterrupted = next() & 1 == 0
        do {
            try store.encodeMultivectors(as: codec) { _, _ in if isInterrupted { throw Abort() } }
        } catch is Abort {
        } catch let error as SparseStoreError where error.code == .codecNotTrained {
            try Finding.unless(
                model.documents.values.allSatisfy { $0.multivector == nil }, "no multivector to encode: \(error)")
        }
    }

    private mutating func next() -> Int { Int(bytes.popFirst() ?? 0) }

    private mutating func write() throws {
        let changes = (0...next() % 12).map { _ in change() }
        var after = model
        do {
            try store.write { transaction in
                after = model
                for change in changes {
                    switch change {
                    case .upsert(let document):
                        try transaction.upsert(document)
                        after.documents[document.id] = document
                    case .remove(let id):
                        let wasThere = after.documents.removeValue(forKey: id) != nil
                        try Finding.unless(try transaction.remove(id) == wasThere, "removing \(id)")
                    case .update(let id, let attributes):
                        let isThere = try transaction.update(id) { $0.attributes = attributes }
                        try Finding.unless(isThere == (after.documents[id] != nil), "updating \(id)")
                        after.documents[id]?.attributes = attributes
                    case .removeWhere(let filter):
                        // An unknown attribute is refused.
                        guard let count = try? transaction.remove(where: filter) else { continue }
                        let ids = after.documents.values.filter { Model.lets($0, through: filter) }.map(\.id)
                        for id in ids { after.documents[id] = nil }
                        try Finding.unless(count == ids.count, "removing where \(filter)")
                    case .read(let id):
                        try compare(try transaction.document(id, includingMultivector: true), after.documents[id], id)
                    case .abort: throw Abort()
                    }
                }
                try Finding.unless(transaction.count == after.documents.count, "count in a transaction")
            }
            model = after
        } catch is Abort {}
        try Finding.unless(try store.read { $0.count } == model.documents.count, "count after a transaction")
    }

    private mutating func change() -> Change {
        let kind = next()
        let id = "d\(next() % 24)"
        // The high bits do not change the meaning of older inputs.
        switch kind % 16 {
        case 13 where kind >= 128: return .update(id, attributes(kind))
        case 14 where kind >= 192: return .removeWhere(condition(kind >> 1) ?? .tag("tag2"))
        case 0...9: return .upsert(document(id))
        case 10...12: return .remove(id)
        case 13, 14: return .read(id)
        default: return .abort
        }
    }

    private mutating func document(_ id: String) -> Document {
        let weights = self.weights()
        let extras = next()
        let payload = extras & 1 == 0 ? nil : [UInt8](repeating: UInt8(extras), count: next())
        var document =
            if case .vector(let vector) = content(weights) {
                Document(id: id, vector: vector)
            } else {
                Document(id: id, terms: weights.map { ("t\($0)", $1) }.map(WeightedTerm.init))
            }
        // Some documents have no vector.
        if extras >= 0xF0 { document.content = nil }
        document.payload = payload
        if extras & 0x20 != 0 { document.attributes = attributes(extras ^ weights.count) }
        document.tags = (0..<3).filter { extras >> (1 + $0) & 1 == 1 }.map { "tag\($0)" }
        if extras & 0x10 != 0 {
            // Whole numbers up to 127 with the scale 1 are exact in every codec.
            let components = (0..<3 * (1 + next() % 2)).map { $0 % 3 == 0 ? Float(127) : Float(next() % 128) }
            document.multivector = try? Multivector(dimension: 3, components: components)
        }
        return document
    }

    /// Returns the attributes that a byte encodes.
    private func attributes(_ byte: Int) -> [String: AttributeValue] {
        var attributes: [String: AttributeValue] = ["year": .integer(Int64(byte % 8))]
        if byte & 2 == 0 { attributes["lang"] = .string(["de", "en", "fr"][byte % 3]) }
        if byte & 4 == 0 { attributes["topics"] = .strings(["a", "t\(byte % 5)"]) }
        return attributes
    }

    /// Returns the filter that a byte encodes; nil for none.
    private func condition(_ byte: Int) -> Filter? {
        let tag: [Filter?] = [nil, nil, .tag("tag0"), .tag("tag1")]
        switch byte >> 2 % 8 {
        case 3: return .attribute("year") >= .integer(Int64(byte % 8))
        case 4: return !(.attribute("lang") == .string(["de", "en", "fr"][byte % 3]))
        case 5: return .attribute("topics").isIn(["a", "t1"]) && !.tag("tag1")
        case 6: return .idPrefix("d1") || .attribute("year").between(2, 4)
        default: return tag[byte % 4]
        }
    }

    private mutating func weights() -> [(UInt32, Float)] {
        var weights: [UInt32: Float] = [:]
        for _ in 0...next() % 6 { weights[UInt32(next() % 20)] = Float(1 + next() % 200) / 16 }
        return weights.sorted { $0.key < $1.key }
    }

    private func content(_ weights: [(UInt32, Float)]) -> SparseContent {
        if !usesNames, let vector = try? SparseVector(terms: weights.map(\.0), weights: weights.map(\.1)) {
            return .vector(vector)
        }
        return .terms(weights.map { WeightedTerm("t\($0.0)", $0.1) })
    }

    private mutating func query() -> Query {
        // Some queries have negative weights.
        let signs: [Float] = [[1], [1, -1], [1, 1, -1]][next() % 3]
        let weights = weights().enumerated().map { ($1.0, $1.1 * signs[$0 % signs.count]) }
        return usesNames
            ? Query(terms: weights.map { WeightedTerm("t\($0.0)", $0.1) })
            : Query(numbers: Dictionary(weights) { first, _ in first })
    }

    private mutating func search(_ recall: Recall) throws {
        let query = query()
        let filter = condition(next())
        var options = SearchOptions()
        options.limit = 1 + next() % 10
        options.recall = recall
        options.filter = filter
        // An unknown attribute is refused, which is not a finding.
        if let filter, (try? store.read { try $0.count(where: filter) }) == nil { return }
        if case .plainSeismic = recall, try store.statistics().blocks == nil { return }
        let hits = try store.search(query, options: options).hits
        let truth = model.search(query, limit: recall == .exact ? options.limit : .max, filter: filter)
        if let filter {
            let count = model.documents.values.count { Model.lets($0, through: filter) }
            try Finding.unless(try store.read { try $0.count(where: filter) } == count, "counting \(filter)")
        }
        if recall == .exact {
            try Finding.unless(
                hits.map(\.id) == truth.map(\.id) && hits.map(\.score) == truth.map(\.score),
                "exact search: \(hits.map(\.id)) instead of \(truth.map(\.id))")
        } else {
            let scores = Dictionary(uniqueKeysWithValues: truth.map { ($0.id, $0.score) })
            try Finding.unless(
                Set(hits.map(\.id)).count == hits.count && hits.allSatisfy { scores[$0.id] == $0.score },
                "planned search: \(hits.map { ($0.id, $0.score) }) is not among \(truth)")
        }
    }

    /// Compares the whole content of the store with that of the model.
    private func compare() throws {
        var count = 0
        try store.read { snapshot in
            try snapshot.forEachDocument { document in
                count += 1
                try compare(
                    try snapshot.document(document.id, includingMultivector: true), model.documents[document.id],
                    document.id)
                return true
            }
        }
        try Finding.unless(count == model.documents.count, "\(count) documents of \(model.documents.count)")
        var frequencies: [String: Int] = [:]
        for document in model.documents.values {
            for term in Model.weights(document).keys { frequencies[term, default: 0] += 1 }
        }
        try store.read { snapshot in
            try snapshot.forEachTerm { term, count in
                let name = usesNames ? try snapshot.termName(term) ?? "" : String(term)
                try Finding.unless(frequencies.removeValue(forKey: name) == count, "frequency of \(name)")
            }
        }
        try Finding.unless(frequencies.isEmpty, "terms that the store does not count")
    }

    private func compare(_ found: Document?, _ known: Document?, _ id: String) throws {
        guard let found, let known else {
            return try Finding.unless(found == nil && known == nil, "document \(id) is in only one of the two")
        }
        try Finding.unless(
            Model.areEqual(found, known) && found.attributes == known.attributes
                && found.multivector == known.multivector,
            "document \(id) is not as it was written")
    }
}
