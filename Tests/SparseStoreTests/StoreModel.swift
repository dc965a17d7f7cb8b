import Foundation
import Testing

@testable import SparseStore

/// A store beside what it must hold: every operation is done to both, and every answer compared.
///
/// The reference is a dictionary of documents whose scores are computed one by one. All choices come from one seed.
final class StoreModel {
    /// What some commit holds.
    struct State {
        var vectors = BruteForce()
        var tags: [TextKey: Set<TextKey>] = [:]
        var attributes: [TextKey: [String: AttributeValue]] = [:]
        var frequencies: [TermID: Int] = [:]
        var generation: UInt64 = 0

        mutating func put(_ document: Document, _ vector: SparseVector) {
            remove(document.id)
            vectors.documents[document.id] = vector
            tags[document.id] = Set(document.tags.map { TextKey($0) })
            attributes[TextKey(document.id)] = document.attributes
            for term in vector.terms { frequencies[term, default: 0] += 1 }
        }

        @discardableResult
        mutating func remove(_ id: String) -> Bool {
            guard let old = vectors.documents.removeValue(forKey: TextKey(id)) else { return false }
            tags[id] = nil
            attributes[TextKey(id)] = nil
            for term in old.terms {
                let count = frequencies[term, default: 0] - 1
                frequencies[term] = count == 0 ? nil : count
            }
            return true
        }
    }

    private struct Abort: Error {}

    let temporary: TemporaryStore
    let place: String
    var vectors: RandomVectors
    private(set) var store: Store
    private(set) var merger: Merger
    private(set) var state = State()
    private(set) var held: [(snapshot: Snapshot, state: State)] = []
    private(set) var operations = 0
    private let isBackground: Bool
    /// Most documents that there are at a time.
    private let size: Int

    init(seed: UInt64, size: Int = 400, isBackground: Bool) throws {
        place = "seed \(seed), background merging \(isBackground ? "on" : "off")"
        self.size = size
        vectors = RandomVectors(seed: seed)
        vectors.termSpace = 200
        vectors.terms = 3...14
        self.isBackground = isBackground
        temporary = try TemporaryStore()
        store = try Self.open(temporary, isBackground, &vectors.generator)
        merger = Self.merger(of: store)
    }

    /// With another policy each time.
    private static func open(
        _ temporary: TemporaryStore, _ isBackground: Bool, _ generator: inout SeededGenerator
    ) throws -> Store {
        var policy = MergePolicy()
        policy.fanout = Int.random(in: 2...5, using: &generator)
        policy.deadShare = [0.1, 1.0 / 3, 0.8].randomElement(using: &generator) ?? 0.5
        policy.documentsMergedByCommits = [0, 4, 32].randomElement(using: &generator) ?? 4
        policy.segmentBacklog = [4, 256, 256].randomElement(using: &generator) ?? 8
        return try temporary.open {
            $0.mergePolicy = policy
            $0.maintenance = isBackground ? .background : .manual
            // What a test commits need not outlive a power cut.
            $0.durability = .lastCommitsMayBeLost
        }
    }

    /// Reads and writes a few documents and kilobytes at a time, so that merges have many stages.
    private static func merger(of store: Store) -> Merger {
        Merger(
            store.file, store.configuration.mergePolicy,
            pieces: MergePieces(bytesWritten: 4_096, documentsRead: 16))
    }

    /// One random operation, or some, and a look at everything that can be seen of it.
    func step() throws {
        switch Int.random(in: 0..<100, using: &vectors.generator) {
        case 0..<45: try commit()
        case 45..<70: try search()
        case 70..<82: try merge(for: .policy)
        case 82..<86: try merge(for: .fewest(sparing: []))
        case 86..<92: hold()
        case 92..<97: try release()
        case 97..<98: try leaveAMergeBehind()
        default: try reopen()
        }
    }

    /// Some upserts, replacements and removals in one transaction, which now and then is rolled back.
    func commit() throws {
        let isAborted = Int.random(in: 0..<8, using: &vectors.generator) == 0
        let count = [1, 1, 1, 3, 8, 40].randomElement(using: &vectors.generator) ?? 1
        var next = state
        do {
            try store.write { transaction in
                for _ in 0..<count { try change(&next, &transaction) }
                #expect(transaction.count == next.vectors.documents.count, Comment(rawValue: place))
                next.generation = transaction.generation
                if isAborted { throw Abort() }
            }
            state = next
        } catch is Abort {}
        operations += count
        try check()
    }

    /// The content of a document with a vector.
    static func content(_ vector: SparseVector) -> SparseContent? { vector == .empty ? nil : .vector(vector) }

    /// Tags that documents have; two of them are equal strings of different bytes.
    static let tags = ["even", "third", "rare", "caf\u{E9}", "cafe\u{301}"]

    /// The identifier of a document. Every eighth pair of neighbors has identifiers that are equal strings of different
    /// bytes.
    static func id(_ number: Int) -> String {
        switch number % 16 {
        case 0: "caf\u{E9} \(number / 16)"
        case 1: "cafe\u{301} \(number / 16)"
        default: "d\(number)"
        }
    }

    private func change(_ next: inout State, _ transaction: inout WriteTransaction) throws {
        let number = Int.random(in: 0..<size, using: &vectors.generator)
        let id = Self.id(number)
        let choice = Int.random(in: 0..<40, using: &vectors.generator)
        if choice < 10 {
            try update(id, &next, &transaction)
        } else if choice == 10 {
            try removeAll(&next, &transaction)
        } else if choice < 22 {
            #expect(try transaction.remove(id) == next.remove(id), Comment(rawValue: place))
        } else {
            // Some documents have no vector.
            let vector = choice == 39 ? SparseVector.empty : try vectors.next()
            let tags = Self.tags.filter { tag in
                Int.random(in: 0..<(["even": 2, "third": 3, "caf\u{E9}": 4][tag] ?? 50), using: &vectors.generator) == 0
            }
            var document = Document(
                id: id, payload: Array("payload of \(id)".utf8), tags: tags, attributes: attributes())
            document.content = Self.content(vector)
            try transaction.upsert(document)
            next.put(document, vector)
        }
    }

    private func attributes() -> [String: AttributeValue] {
        var attributes: [String: AttributeValue] = [
            "stock": .integer(Int64.random(in: 0..<100, using: &vectors.generator))
        ]
        if Int.random(in: 0..<2, using: &vectors.generator) == 0 {
            attributes["color"] = .string(["red", "green", "blue"].randomElement(using: &vectors.generator) ?? "red")
        }
        if Int.random(in: 0..<20, using: &vectors.generator) == 0 { attributes["rare"] = .strings(["a", "b"]) }
        return attributes
    }

    /// Other attributes, and now and then other tags.
    private func update(_ id: String, _ next: inout State, _ transaction: inout WriteTransaction) throws {
        let attributes = attributes()
        let tags = Int.random(in: 0..<3, using: &vectors.generator) == 0 ? ["even"] : nil
        let isThere = try transaction.update(id) { fields in
            fields.attributes = attributes
            if let tags { fields.tags = tags }
        }
        #expect(isThere == (next.vectors.documents[id] != nil), Comment(rawValue: place))
        guard isThere else { return }
        next.attributes[TextKey(id)] = attributes
        if let tags { next.tags[id] = Set(tags.map { TextKey($0) }) }
    }

    /// All documents of a small range of stocks.
    private func removeAll(_ next: inout State, _ transaction: inout WriteTransaction) throws {
        let stock = Int64.random(in: 0..<100, using: &vectors.generator)
        // Until a document has had one, no store knows the attribute.
        guard next.attributes.contains(where: { $0.value["stock"] != nil }) else { return }
        let removed = try transaction.remove(where: .attribute("stock").between(.integer(stock), .integer(stock + 2)))
        let expected = next.attributes.filter { _, own in
            if case .integer(let value)? = own["stock"] { (stock...stock + 2).contains(value) } else { false }
        }
        #expect(removed == expected.count, Comment(rawValue: place))
        for id in expected.keys { next.remove(id.text) }
    }

    /// One merge, with commits, searches and what else there is between its stages; now and then it is stopped.
    private func merge(for goal: Merger.Goal) throws {
        let stopsAt = Int.random(in: 0..<60, using: &vectors.generator)
        var stages = 0
        do {
            _ = try merger.step(goal) { _ in
                stages += 1
                if stages == stopsAt { throw Abort() }
                switch Int.random(in: 0..<12, using: &vectors.generator) {
                case 0, 1: try commit()
                case 2: try search()
                case 3: hold()
                default: break
                }
            }
        } catch is Abort {}
        operations += 1
        try check()
    }

    /// As a process does that is killed in the middle of a merge.
    private func leaveAMergeBehind() throws {
        do {
            let policy = store.configuration.mergePolicy
            var merge = try StagedMerge.begin(
                store.file, policy, MergePieces(bytesWritten: 1, documentsRead: 16),
                choose: { policy.reducible($0.segments, profile: $0.profile) })
            try merge?.stage { _ in }
        } catch is Claim.Lost {
            // There is one already.
        }
        try check()
    }

    private func reopen() throws {
        held = []
        store.close()
        store = try Self.open(temporary, isBackground, &vectors.generator)
        merger = Self.merger(of: store)
        // Segments of both profiles stand beside each other most of the time.
        try store.changeProfile(to: Bool.random(using: &vectors.generator) ? .compact : .fast)
        operations += 1
        try check()
    }

    private func hold() {
        guard held.count < 3, let snapshot = try? store.read({ $0 }) else { return }
        held.append((snapshot, state))
        operations += 1
    }

    private func release() throws {
        guard let index = held.indices.randomElement(using: &vectors.generator) else { return }
        let (snapshot, then) = held.remove(at: index)
        try compare(snapshot, then)
        operations += 1
    }

    private func search() throws {
        try store.read { try compare($0, state) }
        operations += 1
    }

    /// What must hold after everything: the counts, the frequencies, and one exact answer.
    private func check() throws {
        try store.read { snapshot in
            #expect(snapshot.generation == state.generation, Comment(rawValue: place))
            #expect(snapshot.count == state.vectors.documents.count, Comment(rawValue: place))
            var frequencies: [TermID: Int] = [:]
            try snapshot.forEachTerm { frequencies[$0] = $1 }
            #expect(frequencies == state.frequencies, Comment(rawValue: place))
            try compare(snapshot, state, isExact: true, filter: nil)
        }
    }
}
