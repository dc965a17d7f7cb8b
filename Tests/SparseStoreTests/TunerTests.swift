import LMDB
import SparseFormat
import Testing

@testable import SparseStore

/// What a tuning measures, with times that the tests set.
@Suite struct TunerTests {
    private let blocks: BlockCollection
    private let queries: [SparseVector]

    init() throws {
        var blocks = try BlockCollection(documents: 300, building: BlockCollection.unpruned)
        queries = try (0..<6).map { _ in try blocks.collection.query() }
        self.blocks = blocks
    }

    /// Returns what a tuning measures if searches take the given times.
    private func measure(
        _ queries: [SparseVector]? = nil, bounds: [Int] = [], _ time: @escaping (Effort?) -> UInt64
    ) throws -> [TuningRecord.Point] {
        let queries = queries ?? self.queries
        return try blocks.store.read { snapshot in
            var tuner = Tuner(
                view: snapshot.view, scoring: nil,
                sample: QuerySample(
                    try queries.map { try snapshot.resolve(Query(vector: $0), .none) },
                    division: QueryClasses(bounds: bounds)))
            tuner.time = { effort, search in
                try search()
                return time(effort)
            }
            return try snapshot.source.scratch.withScratch { try tuner.measure($0) { _, _ in } }
        }
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `the plan of a target is the fastest of those that reach it`(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let searches: [Effort?] = Effort.ladder + [nil]
        let times = Dictionary(uniqueKeysWithValues: searches.map { ($0, 1_000 + generator.next() % 1_000_000) })
        let points = try measure { times[$0] ?? 0 }
        #expect(points.allSatisfy { $0.time > 0 })
        let planner = Planner(
            tuning: TuningRecord(generation: 1, documents: 1_000_000, queries: 6, points: points),
            documents: 1_000_000, hasBlocks: true)
        for limit in [10, 100] {
            for target in [0.5, 0.8, 0.9, 0.95, 0.99, 1] {
                let reaching = points.filter { Int($0.limit) == limit && Double($0.recall) >= target }
                let fastest = try #require(reaching.min { $0.time < $1.time })
                let choice = planner.choose(.target(target), terms: 5, limit: limit)
                #expect(choice.effort == Effort.effort(numbered: fastest.effort).map { Effort.ladder[$0] })
            }
        }
    }

    @Test func `a time is the mean of all queries, in microseconds`() throws {
        var nanoseconds: UInt64 = 0
        let points = try measure { effort in
            guard effort == nil else { return 0 }
            nanoseconds += 1_000
            return nanoseconds
        }
        let exact = points.filter { $0.effort == Effort.exactNumber }.map(\.time)
        #expect(exact == [3.5, 9.5])
        #expect(points.filter { $0.effort != Effort.exactNumber }.allSatisfy { $0.time == 0 })
    }

    /// A query that was just asked finds its documents in the processor's cache.
    @Test func `no query is asked twice in a row while searches are timed`() throws {
        var order: [Effort?] = []
        _ = try measure { effort in
            order.append(effort)
            return 1
        }
        let searches: [Effort?] = Effort.ladder + [nil]
        let once = searches.flatMap { effort in queries.map { _ in effort } }
        #expect(order == once + once)
    }

    @Test func `each class of queries has its own points, in the order of the record`() throws {
        let short = try queries.map { try SparseVector(Array(zip($0.terms, $0.weights).prefix(3))) }
        let bounds = [3, 4, 4_000]
        let points = try measure(short + queries, bounds: bounds) { _ in 1_000 }
        #expect(Set(points.map(\.queryClass)) == [0, 2])
        let order = points.map { [Int($0.limit), Int($0.queryClass), Int($0.effort)] }
        #expect(order == order.sorted { $0.lexicographicallyPrecedes($1) })
        func alone(_ queries: [SparseVector], as queryClass: UInt8) throws -> [TuningRecord.Point] {
            try measure(queries) { _ in 1_000 }.map { point in
                var point = point
                point.queryClass = queryClass
                return point
            }
        }
        #expect(try points.filter { $0.queryClass == 0 } == alone(short, as: 0))
        #expect(try points.filter { $0.queryClass == 2 } == alone(queries, as: 2))
    }

    @Test func `a thousand hits are measured on large stores only`() {
        #expect(Tuner.limits(documents: 99_999) == [10, 100])
        #expect(Tuner.limits(documents: 100_000) == [10, 100, 1_000])
    }

    @Test func `cold times are measured for efforts of each way to search, and for the exact search`() throws {
        var drops = 0
        let (points, times) = try blocks.store.read { snapshot in
            let tuner = Tuner(
                view: snapshot.view, scoring: nil,
                sample: QuerySample(try queries.map { try snapshot.resolve(Query(vector: $0), .none) }))
            return try snapshot.source.scratch.withScratch { scratch in
                let points = try tuner.measure(scratch) { _, _ in }
                var steps: [Int] = []
                let times = try tuner.measureCold(points, scratch) {
                    drops += 1
                    blocks.store.file.environment.dropCachedPages()
                } _: { done, total in
                    steps.append(done)
                    #expect(done <= total)
                }
                #expect(steps == Array(1...times.count))
                return (points, times)
            }
        }
        #expect(drops == times.count)
        #expect(times.allSatisfy { $0.time > 0 })
        let efforts = times.map(\.effort)
        #expect(efforts == efforts.sorted() && Set(efforts).count == efforts.count)
        #expect(efforts.contains { $0 < 96 } && efforts.contains { (96..<255).contains($0) } && efforts.last == 255)
        #expect(Set(efforts).isSubset(of: points.map(\.effort)))
    }

    @Test func `only efforts that are the best of their way for some recall are measured cold`() throws {
        func point(_ effort: Int, _ recall: Float, _ time: Float, queryClass: UInt8 = 0) -> TuningRecord.Point {
            TuningRecord.Point(
                limit: 10, queryClass: queryClass, effort: Effort.number(of: effort), recall: recall, time: time,
                scored: 1)
        }
        let tuner = try blocks.store.read { Tuner(view: $0.view, scoring: nil, sample: QuerySample([])) }
        #expect(
            tuner.worthwhile([point(0, 0.8, 5), point(1, 0.7, 6), point(2, 0.9, 5), point(16, 0.7, 9)]) == [2, 16])
        #expect(tuner.worthwhile([point(0, 0.8, 5), point(1, 0.8, 5)]) == [0])
        // The worse in one class may be the better in another.
        let classes =
            [point(0, 0.8, 5), point(1, 0.7, 6)] + [(0, 9), (1, 8)].map { point($0, 0.8, $1, queryClass: 1) }
        #expect(tuner.worthwhile(classes) == [0, 1])
        #expect(tuner.worthwhile([]) == [])
    }

    @Test func `what was measured cold is kept with the tuning, and the store is as it was`() throws {
        var blocks = blocks
        let queries = queries.map { Query(vector: $0) }
        let warm = try blocks.store.tune(queries: queries, isFilled: false)
        #expect(warm.allSatisfy { $0.coldMicroseconds == nil })
        var last = (0, 1)
        let points = try blocks.store.tune(queries: queries, measuringColdPages: true, isFilled: false) {
            last = ($0, $1)
        }
        #expect(last.0 == last.1)
        let cold = points.filter { $0.coldMicroseconds != nil }
        #expect(cold.allSatisfy { $0.limit == 10 && $0.coldMicroseconds ?? 0 > 0 })
        #expect(cold.contains { $0.effort == nil })
        let record = try #require(try blocks.store.file.read { try $0.meta.tuning() })
        #expect(record.version == 3)
        #expect(Set(record.coldTimes.map(\.effort)).count == Set(cold.map(\.effort)).count)
        let query = try blocks.collection.query()
        let found = try blocks.store.search(Query(vector: query), limit: 5, recall: .exact)
        #expect(found.map(\.id) == blocks.model().search(query, limit: 5).map(\.id))
        #expect(try blocks.store.verify(.deep).isClean)
        // A tuning without cold times drops those of the one before.
        try blocks.store.tune(queries: queries, isFilled: false)
        #expect(try blocks.store.file.read { try $0.meta.tuning()?.coldTimes } == [])
    }

    /// What a few queries reach says less about those to come than what many reach.
    @Test func `the fewer queries a recall was measured on, the less is promised`() throws {
        let few = try measure { _ in 1 }
        let many = try measure(queries + queries + queries + queries) { _ in 1 }
        #expect(zip(few, many).allSatisfy { $0.recall <= $1.recall && $0.scored == $1.scored })
        #expect(zip(few, many).contains { $0.recall < $1.recall })
        #expect(zip(few, many).allSatisfy { $0.recall < 1 || $1.recall == 1 })
    }
}

/// Which queries a tuning asks.
@Suite struct QuerySampleTests {
    private let temporary: TemporaryStore
    private let store: Store
    private let vectors: [SparseVector]

    init() throws {
        temporary = try TemporaryStore()
        store = try temporary.open()
        var random = RandomVectors(seed: 31)
        random.terms = 50...90
        vectors = try (0..<300).map { _ in try random.next() }
        try store.write { [vectors] transaction in
            for (index, vector) in vectors.enumerated() {
                try transaction.upsert(Document(id: "\(index)", vector: vector))
            }
        }
    }

    /// Returns the sample of a tuning with `count` queries of `length` terms.
    private func sample(_ count: Int, length: Int, seed: UInt64 = 1) throws -> QuerySample {
        try store.read { snapshot in
            let queries = try (0..<count).map { index in
                let vector = vectors[index % vectors.count]
                let query = try SparseVector(Array(zip(vector.terms, vector.weights).prefix(length)))
                return try snapshot.resolve(Query(vector: query), .none)
            }
            var sample = QuerySample(queries)
            try sample.fill(from: snapshot.view, seed: seed)
            return sample
        }
    }

    @Test func `every class has queries of its lengths, also where the caller has none`() throws {
        let sample = try sample(0, length: 0)
        for (number, queries) in sample.classes.enumerated() {
            let lengths = sample.division[number]
            #expect(queries.count >= QuerySample.fewest)
            #expect(queries.allSatisfy { $0.terms.count >= lengths.minimumTerms })
            #expect(queries.allSatisfy { $0.terms.count <= lengths.maximumTerms ?? .max })
        }
    }

    @Test func `a class with enough queries of the caller has only those, and others are filled up`() throws {
        let enough = try sample(QuerySample.enough, length: 15)
        #expect(enough.classes[1].count == QuerySample.enough)
        #expect(enough.classes[1].allSatisfy { $0.terms.count == 15 })
        #expect(enough.classes[0].count > QuerySample.fewest)
        let few = try sample(QuerySample.enough - 1, length: 15)
        #expect(few.classes[1].count > QuerySample.enough)
        #expect(few.classes[1].prefix(QuerySample.enough - 1).allSatisfy { $0.terms.count == 15 })
    }

    @Test func `the same seed makes the same queries`() throws {
        func terms(_ seed: UInt64) throws -> [[TermID]] {
            try sample(0, length: 0, seed: seed).classes.flatMap { $0.map(\.terms) }
        }
        #expect(try terms(3) == terms(3))
        #expect(try terms(3) != terms(4))
    }

    @Test func `a few queries are drawn evenly from the classes`() throws {
        let sample = try sample(0, length: 0)
        let drawn = sample.spread(17)
        #expect(drawn.count == 17)
        let counts = (0..<4).map { number in drawn.count { sample.division.number(terms: $0.terms.count) == number } }
        #expect(counts == [4, 4, 4, 5])
        #expect(sample.spread(100_000).count == sample.classes.reduce(0) { $0 + $1.count })
        #expect(QuerySample([]).spread(17).isEmpty)
    }

    @Test func `of short documents no long queries are made`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { [vectors] transaction in
            for (index, vector) in vectors.enumerated() {
                let short = try SparseVector(Array(zip(vector.terms, vector.weights).prefix(12)))
                try transaction.upsert(Document(id: "\(index)", vector: short))
            }
        }
        let classes = try store.read { snapshot in
            var sample = QuerySample([])
            try sample.fill(from: snapshot.view, seed: 1)
            return sample.classes
        }
        #expect(!classes[0].isEmpty)
        #expect(classes[2].isEmpty && classes[3].isEmpty)
    }
}
