import LMDB
import SparseFormat
import Testing

@testable import SparseStore

/// Block indexes of more terms than there are numbers.
@Suite struct SharedNumbersTests {
    private func same(_ hits: [FoundDocument], _ expected: [(id: String, score: Float)]) -> Bool {
        hits.map(\.id) == expected.map(\.id) && hits.map(\.score) == expected.map(\.score)
    }

    /// The terms of each number that several have.
    private func sharing(_ store: Store) throws -> [[TermID]] {
        let directory = try #require(try store.read { $0.index.blocks }).index.directory
        return Dictionary(grouping: directory.entries.indices) { directory.numbers[$0] }
            .filter { $0.value.count > 1 }
            .sorted { $0.key < $1.key }
            .map { $0.value.map { directory.entries[$0].term } }
    }

    @Test func `terms share no number while there are enough`() {
        #expect(BlockNumbers(postings: [5, 1, 9], count: 3) == BlockNumbers())
        #expect(BlockNumbers(postings: [5, 1, 9], count: 2) == BlockNumbers(shared: [1, 1, 0]))
        let most = [Int](repeating: 1, count: BlockNumbers.count)
        #expect(BlockNumbers(postings: most, count: BlockNumbers.count).version == 1)
        #expect(BlockNumbers(postings: most + [1], count: BlockNumbers.count).version == 2)
    }

    @Test func `frequent terms have their own numbers, and the others share the rest evenly`() {
        var random = SeededGenerator(seed: 5)
        let postings = (0..<1_000).map { _ in Int.random(in: 1...300, using: &random) }
        let numbers = BlockNumbers(postings: postings, count: 64)
        let terms = Dictionary(grouping: postings.indices) { numbers[$0] }
        #expect(terms.count == 64)
        let frequent = postings.indices.sorted { (-postings[$0], $0) < (-postings[$1], $1) }
        for position in frequent.prefix(32) { #expect(terms[numbers[position]] == [position]) }
        #expect(Set(frequent[32..<64].map { numbers[$0] }).count == 32)
        #expect(frequent.dropFirst(32).allSatisfy { (30...31).contains(terms[numbers[$0]]?.count ?? 0) })
    }

    @Test func `a code of a shared number stands for the largest weight that it may be`() {
        let numbers = BlockNumbers(shared: [3, 0, 3])
        let scales = numbers.scales(maxima: [255, 510, 1_020])
        #expect(scales.count == BlockNumbers.count)
        #expect(scales[0] == 2)
        #expect(scales[3] == 4)
        #expect(scales[1] == 0)
    }

    @Test func `with every posting kept and every list searched to its end, the answer is brute force's`() throws {
        var blocks = try BlockCollection(building: BlockCollection.shared)
        #expect(try sharing(blocks.store).count > 10)
        for limit in [1, 10, 100, 10, 10] {
            let query = try blocks.collection.query()
            let (hits, counters) = try blocks.searchAll(query, limit: limit)
            #expect(same(hits, blocks.model().search(query, limit: limit)))
            #expect(counters.blocks > 0)
            #expect(counters.segmentsScanned == 0)
            let plain = try blocks.store.search(
                Query(vector: query), limit: 300, recall: .plainSeismic(cut: 1_000, heapFactor: 0))
            let truth = blocks.model().search(query, limit: 300)
            #expect(plain.map(\.id) == truth.map(\.id))
            #expect(plain.map(\.score) == truth.map(\.score))
        }
    }

    @Test func `terms of one number may be in a query together, and in a document`() throws {
        let blocks = try BlockCollection(building: BlockCollection.shared)
        var documents = 0
        for terms in try sharing(blocks.store) {
            let weights = terms.indices.map { Float(1 + $0 % 3) }
            let query = SparseVector(uncheckedTerms: terms, weights: weights)
            let listed = try blocks.listed(terms)
            let model = BruteForce(documents: blocks.model().documents.filter { listed.contains($0.key.text) })
            #expect(try same(blocks.searchAll(query, limit: 300).hits, model.search(query, limit: 300)))
            documents += blocks.model().documents.values.filter { Set($0.terms).intersection(terms).count > 1 }.count
        }
        #expect(documents > 100)
    }

    @Test func `a planned search finds nearly as much as without shared numbers`() throws {
        func found(_ settings: BlockSettings) throws -> Double {
            var blocks = try BlockCollection(documents: 900, terms: 3_000, building: settings)
            let model = blocks.model()
            var found = 0
            for _ in 0..<20 {
                let query = try blocks.collection.query()
                let hits = try blocks.search(query, limit: 10, plan: BlockLadder.plans[10]).hits
                found += Set(hits.map(\.id)).intersection(model.search(query, limit: 10).map(\.id)).count
            }
            return Double(found) / 200
        }
        var settings = BlockSettings()
        settings.smallestBlock = 1
        let alone = try found(settings)
        settings.termNumbers = 2_000
        #expect(alone > 0.85)
        #expect(try found(settings) > alone - 0.05)
    }

    @Test func `a seed makes the same bytes, in whatever pieces`() throws {
        let first = try BlockCollection(documents: 90, building: BlockCollection.shared)
        let again = try BlockCollection(documents: 90, building: nil)
        let merger = Merger(
            again.store.file, MergePolicy(), pieces: MergePieces(bytesWritten: 5_000, documentsRead: 16))
        #expect(try merger.buildBlocks(BlockCollection.shared) { _ in })
        #expect(try first.parts() == again.parts())
        try first.store.buildBlocks(BlockCollection.unpruned)
        #expect(try first.parts() != again.parts())
    }

    @Test func `what changes after a build is found, and the index stays sound`() throws {
        var blocks = try BlockCollection(documents: 150, building: BlockCollection.shared)
        let ids = blocks.collection.ids
        try blocks.remove([ids[3], ids[70]])
        try blocks.replace([ids[5], ids[90]])
        try blocks.add(20)
        for _ in 0..<5 {
            let query = try blocks.collection.query()
            let hits = try blocks.searchAll(query, limit: 10).hits
            #expect(hits.map(\.id) == blocks.model().search(query, limit: 10).map(\.id))
        }
        #expect(try blocks.store.verify(.deep).isClean)
    }

    @Test func `more terms than 16 bits can name are indexed`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open { ($0.maintenance, $0.mergePolicy.documentsMergedByCommits) = (.manual, 0) }
        var documents: [TextKey: SparseVector] = [:]
        // Each has ten terms of its own and three that many have.
        for half in 0..<2 {
            try store.write { transaction in
                for number in half * 3_300..<half * 3_300 + 3_300 {
                    let own = (0..<10).map { TermID(1_000 + number * 10 + $0) }
                    let common = (0..<3).map { TermID(number * [1, 3, 7][$0] % 40 + 40 * $0) }
                    let terms = common + own
                    let weights = terms.map { Float(1 + ($0 &* 7 &+ TermID(number)) % 11) / 4 }
                    let vector = try SparseVector(terms: terms, weights: weights)
                    documents["\(number)"] = vector
                    try transaction.upsert(Document(id: "\(number)", vector: vector))
                }
            }
        }
        // Nearly all of the time would go to reading all terms again and again.
        var pieces = MergePieces()
        pieces.listsBuilt = 1 << 20
        #expect(try Merger(store.file, MergePolicy(), pieces: pieces).buildBlocks(BlockCollection.unpruned) { _ in })
        #expect(try store.statistics().blocks?.terms == 66_120)
        let shared = try sharing(store)
        #expect(shared.count == 66_120 - 65_536)
        #expect(shared.joined().allSatisfy { $0 >= 1_000 })
        let model = BruteForce(documents: documents)
        for (index, terms) in shared.enumerated() where index % 60 == 0 {
            var components: [(TermID, Float)] = [(TermID(index % 40), 0.5)]
            for (place, term) in terms.enumerated() { components.append((term, Float(place + 1))) }
            let query = try SparseVector(components)
            let truth = model.search(query, limit: 1_000)
            let found = try store.search(
                Query(vector: query), limit: 1_000, recall: .plainSeismic(cut: 1_000, heapFactor: 0))
            #expect(truth.count > 100)
            #expect(found.map(\.id) == truth.map(\.id))
            #expect(found.map(\.score) == truth.map(\.score))
        }
        let report = try store.verify(.deep)
        #expect(report.isClean, "\(report.findings.prefix(3).map(\.sentence))")
    }

    @Test func `a store with too many terms is refused`() throws {
        try BlockTerms.check(count: Limits.maximumBlockTerms)
        let error = #expect(throws: SparseStoreError.self) {
            try BlockTerms.check(count: Limits.maximumBlockTerms + 1)
        }
        #expect(error?.code == .limitExceeded)
        #expect(error?.message.contains("1048576 terms") == true)
        #expect(error?.message.contains("1048577") == true)
    }
}
