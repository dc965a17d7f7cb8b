import SparseFormat
import SparseStore

/// One of several processes that use one store at the same time, for `Scripts/processes.sh`.
///
/// A writer owns groups of documents. A commit gives all documents of some groups the same new revision, or removes
/// them; the revision is the weight of the group's term and stands in the payload, and the writer's clock, a document
/// of its own, gets it too. So whoever looks can tell half a commit, one that was lost, and one that came back. Every
/// process looks at the groups of all; a writer also compares its own with what it remembers.
struct SharedStore {
    static let groups = 400
    static let documentsPerGroup = 5

    private let store: Store
    /// The writer's number; nil for a process that only reads.
    private let writer: Int?
    private let writers: Int
    private var random: SplitMix64
    /// Groups of this writer, each with its revision.
    private var mine: [Int: Int] = [:]
    private var revision = 0
    /// The newest revision seen of each writer, and the newest generation.
    private var seen: [Int: Int] = [:]
    private var generation: UInt64 = 0
    private(set) var commits = 0
    private(set) var looks = 0

    init(path: String, writer: Int?, writers: Int) throws {
        var configuration = Configuration()
        configuration.isReadOnly = writer == nil
        store = try Store.open(at: path, configuration: configuration)
        self.writer = writer
        self.writers = writers
        random = SplitMix64(seed: UInt64(writer ?? 99))
    }

    /// Until the time is over. Says `problem ...` for each thing that is wrong.
    mutating func run(seconds: Int) throws {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            if let writer { try commit(writer) }
            try look(at: Int(random.next() % UInt64(writers)))
            if let writer, commits.isMultiple(of: 200) { try compareAll(writer) }
        }
        if let writer { try compareAll(writer) }
        store.close()
        say("\(writer == nil ? "reader" : "writer"): \(commits) commits, \(looks) looks, generation \(generation)")
    }

    /// Mostly one group, now and then so many that there is something to merge.
    private mutating func commit(_ writer: Int) throws {
        let many = random.next().isMultiple(of: 64)
        let first = Int(random.next() % UInt64(Self.groups))
        let chosen = (0..<(many ? Self.groups / 2 : 1)).map { (first + $0) % Self.groups }
        let removes = random.next().isMultiple(of: 4)
        revision += 1
        let revision = revision
        try store.write { transaction in
            for group in chosen {
                for number in 0..<Self.documentsPerGroup {
                    let id = "\(writer)-\(group)-\(number)"
                    if removes {
                        try transaction.remove(id)
                    } else {
                        try transaction.upsert(Self.document(id, writer, group, number, revision))
                    }
                }
            }
            let clock = Document(id: "clock-\(writer)", terms: ["clock\(writer)": Float(revision)])
            try transaction.upsert(clock)
        }
        for group in chosen { mine[group] = removes ? nil : revision }
        commits += 1
        try compare(writer, first)
    }

    private static func document(_ id: String, _ writer: Int, _ group: Int, _ number: Int, _ revision: Int) -> Document
    {
        var terms = [name(writer, group): Float(revision)]
        // Something for the lists to hold.
        for term in 0..<30 { terms["filling\((group * 31 + number * 7 + term * term) % 1_000)"] = 0.5 }
        return Document(id: id, terms: terms, payload: Array("\(revision)".utf8))
    }

    private static func name(_ writer: Int, _ group: Int) -> String { "group\(writer)-\(group)" }

    /// What this writer has committed is found by the next search.
    private func compare(_ writer: Int, _ group: Int) throws {
        let found = try store.search([Self.name(writer, group): 1], limit: 10, recall: .exact).hits
        let expected = mine[group].map { [Float](repeating: Float($0), count: Self.documentsPerGroup) } ?? []
        if found.map(\.score) != expected {
            say("problem group \(group) of writer \(writer) has scores \(found.map(\.score)), not \(expected)")
        }
    }

    /// All that this writer has.
    private func compareAll(_ writer: Int) throws {
        var counts: [Int: Int] = [:]
        try store.read { snapshot in
            try snapshot.forEachDocument { document in
                let parts = document.id.split(separator: "-")
                guard parts.count == 3, Int(parts[0]) == writer, let group = Int(parts[1]) else { return true }
                counts[group, default: 0] += 1
                let payload = document.payload.map { String(decoding: $0, as: UTF8.self) }
                if payload != mine[group].map(String.init) {
                    say("problem '\(document.id)' has revision \(payload ?? "-"), not \(mine[group] ?? 0)")
                }
                return true
            }
        }
        if counts != mine.mapValues({ _ in Self.documentsPerGroup }) {
            say("problem writer \(writer) has \(counts.count) groups in the store and remembers \(mine.count)")
        }
    }

    /// One snapshot shows all of a commit or nothing of it, and never an older state than the one before.
    private mutating func look(at other: Int) throws {
        let group = Int(random.next() % UInt64(Self.groups))
        var state = (generation: UInt64(0), clock: 0)
        try store.read { snapshot in
            var options = SearchOptions()
            options.recall = .exact
            let hits = try snapshot.search(["clock\(other)": 1], options: options).hits
            state = (snapshot.generation, Int(hits.first?.score ?? 0))
            let group = try snapshot.search([Self.name(other, group): 1], options: options).hits.map(\.score)
            let isWhole = group.isEmpty || group.count == Self.documentsPerGroup && Set(group).count == 1
            if !isWhole || group.contains(where: { Int($0) > state.clock }) {
                say("problem a group of writer \(other) shows \(group) when its clock is \(state.clock)")
            }
        }
        if state.generation < generation || state.clock < seen[other, default: 0] {
            say(
                "problem generation \(state.generation) and clock \(state.clock) of writer \(other) are older than before"
            )
        }
        generation = state.generation
        seen[other] = state.clock
        looks += 1
    }
}
