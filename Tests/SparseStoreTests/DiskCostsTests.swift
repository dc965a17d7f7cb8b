import SparseFormat
import Testing

@testable import SparseStore

/// What the planner makes of cold times.
@Suite struct DiskCostsTests {
    /// Blocks are faster with warm pages, and windows with cold ones.
    private static let points: [TuningRecord.Point] = [
        point(16, 0.9, 300), point(20, 0.96, 400), point(28, 0.99, 600), point(96, 0.9, 100), point(100, 0.96, 200),
        point(255, 1, 1_000),
    ]
    private static let cold: [(effort: UInt8, time: Float)] = [(16, 3_000), (20, 4_000), (100, 8_000), (255, 5_000)]

    private static func point(
        _ effort: UInt8, _ recall: Float, _ time: Float, limit: UInt32 = 10, queryClass: UInt8 = 0
    ) -> TuningRecord.Point {
        TuningRecord.Point(
            limit: limit, queryClass: queryClass, effort: effort, recall: recall, time: time, scored: 20)
    }

    private func planner(
        _ shares: ResidentShares, points: [TuningRecord.Point] = points,
        cold: [(effort: UInt8, time: Float)] = cold, hasBlocks: Bool = true
    ) -> Planner {
        let tuning = TuningRecord(
            generation: 1, documents: 1_000_000, queries: 100, bounds: [10], points: points,
            coldTimes: cold.map { TuningRecord.ColdTime(effort: $0.effort, time: $0.time) })
        return Planner(
            tuning: tuning, documents: 1_000_000, hasBlocks: hasBlocks, costs: DiskCosts(tuning, shares))
    }

    private func plan(_ planner: Planner, _ target: Double = 0.95) -> SearchPlan {
        planner.choose(.target(target), terms: 5, limit: 10).description
    }

    @Test func `blocks are taken while memory holds them, and windows when it does not`() {
        let warm = plan(planner(ResidentShares()))
        #expect(warm.blockLists != nil)
        #expect(!warm.reason.contains("memory"))
        let cold = plan(planner(ResidentShares(windows: 0.5, blocks: 0.25)))
        #expect(cold.effort == 4)
        #expect(
            cold.reason == "the fastest effort that reaches a recall of 0.95 for queries of 1 to 10 terms"
                + " in a store larger than memory")
        // 200 + 0.02 * 7,800 is less than 400, and 200 + 0.03 * 7,800 is more.
        #expect(plan(planner(ResidentShares(blocks: 0.98))).blockLists != nil)
        #expect(plan(planner(ResidentShares(blocks: 0.97))).effort == 4)
    }

    @Test(arguments: [0.5, 0.9, 0.95, 0.97, 0.99, 1])
    func `in memory, and without cold times, choices are those of the warm times`(target: Double) {
        let before = plan(planner(ResidentShares(windows: 0, blocks: 0), cold: []), target)
        #expect(before == plan(planner(ResidentShares()), target))
        #expect(!before.reason.contains("memory"))
    }

    @Test func `without the cold times of a way to search, nothing is compared`() {
        let little = ResidentShares(windows: 0.1, blocks: 0.1)
        for missing: [UInt8] in [[16, 20], [100], [255]] {
            let planner = planner(little, cold: Self.cold.filter { !missing.contains($0.effort) })
            #expect(plan(planner).blockLists != nil)
        }
        // A store without a block index needs none of its times.
        let windows = Self.points.filter { !(96..<255).contains($0.effort) }
        let without = planner(little, points: windows, cold: Self.cold.filter { $0.effort != 100 }, hasBlocks: false)
        #expect(plan(without).reason.contains("larger than memory"))
    }

    @Test func `an exact search is compared with the same memory`() {
        // 28 costs ten times 600 cold, as does the one before it.
        let none = ResidentShares(windows: 0, blocks: 0)
        #expect(plan(planner(ResidentShares()), 0.98).effort == 12)
        let exact = plan(planner(none), 0.98)
        #expect(exact.isExact)
        #expect(exact.reason.hasPrefix("an exact search takes no longer") && exact.reason.hasSuffix("than memory"))
    }

    @Test func `cold times are in proportion to the warm times of a class and of a limit`() {
        let long = Self.points.map { Self.point($0.effort, $0.recall, 10 * $0.time, queryClass: 1) }
        let many = Self.points.map { Self.point($0.effort, $0.recall, 3 * $0.time, limit: 100) }
        let planner = planner(
            ResidentShares(windows: 0.5, blocks: 0.5), points: Self.points + long + many,
            cold: Self.cold.map { ($0.effort, 5.5 * $0.time) })
        for (terms, limit) in [(5, 10), (50, 10), (5, 100)] {
            #expect(planner.choose(.target(0.95), terms: terms, limit: limit).description.effort == 4)
        }
    }

    @Test func `extreme times lead to a choice`() {
        for (warm, cold): (Float, Float) in [
            (0, 1), (.leastNonzeroMagnitude, .greatestFiniteMagnitude), (.greatestFiniteMagnitude, 0),
        ] {
            let points = Self.points.map { Self.point($0.effort, $0.recall, warm) }
            for share in [0, 0.5, 1] {
                let planner = planner(
                    ResidentShares(windows: share, blocks: share), points: points,
                    cold: Self.cold.map { ($0.effort, cold) })
                #expect(plan(planner).isExact || plan(planner).effort != nil)
            }
        }
    }

    @Test func `the memory of a store decides, as its configuration states it`() throws {
        var blocks = try BlockCollection(documents: 4_200)
        let record = TuningRecord(
            generation: 1, documents: 4_200, queries: 4, points: Self.points,
            coldTimes: Self.cold.map { TuningRecord.ColdTime(effort: $0.effort, time: $0.time) })
        try blocks.store.file.write { try $0.put(record) }
        let query = Query(vector: try blocks.collection.query())
        func plan() throws -> SearchPlan { try blocks.store.search(query, limit: 10, recall: .target(0.95)).plan }
        let (windows, all) = try blocks.store.read { snapshot in
            let segments = snapshot.index.members.map(\.segment)
            let vectors = segments.reduce(0) { $0 + $1.vectorBytes }
            let lists = segments.reduce(0) { $0 + $1.listBytes }
            let index = Int(try #require(snapshot.index.blocks).index.record.bytes)
            #expect(lists > 0 && vectors > 0 && index > 0)
            let all = max(vectors + lists, vectors + index)
            #expect(ResidentShares(snapshot.index, memory: all) == ResidentShares())
            #expect(ResidentShares(snapshot.index, memory: vectors + lists - 1).windows < 1)
            #expect(ResidentShares(snapshot.index, memory: vectors + index - 1).blocks < 1)
            #expect(ResidentShares(snapshot.index, memory: -1) == ResidentShares(windows: 0, blocks: 0))
            return (vectors + lists, all)
        }
        try blocks.reopen { $0.pageCacheSize = windows / 4 }
        #expect(try plan().effort == 4)
        #expect(try plan().reason.contains("larger than memory"))
        try blocks.reopen { $0.pageCacheSize = all }
        #expect(try plan().blockLists != nil)
        #expect(try !plan().reason.contains("larger than memory"))
        // What the system has is more than a few megabytes, or unknown.
        try blocks.reopen()
        #expect(try plan().blockLists != nil)
    }
}

/// How much memory the page cache has.
@Suite struct PageCacheTests {
    private struct Files: SystemFiles {
        var texts: [String: String]
        func text(_ path: String) -> String? { texts[path] }
    }

    private let system = ["/proc/meminfo": "MemTotal:  8000 kB\nMemFree:  100 kB\nMemAvailable:    4000 kB\n"]

    private func size(_ texts: [String: String]) -> Int? {
        PageCache.size(of: Files(texts: texts.merging(system) { own, _ in own }))
    }

    @Test func `without limits it is what the system has available`() {
        #expect(size([:]) == 4_000 << 10)
        #expect(size(["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "max\n"]) == 4_000 << 10)
        #expect(PageCache.size(of: Files(texts: [:])) == nil)
    }

    @Test func `a control group leaves its limit without what the process uses otherwise`() {
        let files = [
            "/proc/self/cgroup": "0::/a/b\n",
            "/sys/fs/cgroup/a/b/memory.max": "max\n", "/sys/fs/cgroup/a/b/memory.high": "max\n",
            "/sys/fs/cgroup/a/b/memory.current": "500000\n",
            "/sys/fs/cgroup/a/memory.max": "1000000\n", "/sys/fs/cgroup/a/memory.high": "900000\n",
            "/sys/fs/cgroup/a/memory.current": "700000\n",
            "/sys/fs/cgroup/a/memory.stat": "anon 1\nfile 5\nactive_file 100000\ninactive_file 500000\n",
        ]
        #expect(size(files) == 800_000)
        var tight = files
        tight["/sys/fs/cgroup/a/b/memory.max"] = "300000\n"
        #expect(size(tight) == 0)
        tight["/sys/fs/cgroup/a/b/memory.stat"] = "active_file 500000\n"
        #expect(size(tight) == 300_000)
    }

    @Test func `control groups of version 1 limit it, too, also those of a container`() {
        let files = [
            "/proc/self/cgroup": "4:cpu,cpuacct:/x\n3:memory:/host/path\n0::/\n",
            "/sys/fs/cgroup/memory/memory.limit_in_bytes": "1000000\n",
            "/sys/fs/cgroup/memory/memory.usage_in_bytes": "600000\n",
            "/sys/fs/cgroup/memory/memory.stat":
                "active_file 7\ntotal_active_file 100000\ntotal_inactive_file 400000\n",
        ]
        #expect(size(files) == 900_000)
    }

    @Test func `what is not a number limits nothing`() {
        #expect(size(["/proc/self/cgroup": "nonsense\n0:\n::\n"]) == 4_000 << 10)
        let files = ["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "99999999999999999999\n"]
        #expect(size(files) == 4_000 << 10)
    }

    #if os(Linux)
        @Test func `this system has some`() throws { #expect(try #require(PageCache.size) > 0) }
    #endif
}
