internal import Platform
internal import SparseFormat

/// The working memory of one search, reused by later searches.
///
/// Invariant between searches: every accumulator, every slot, every mark, and every weight by term is 0.
final class ScanScratch {
    /// One 16-bit accumulator for each value of a u16 ordinal, so that no list can write outside, whatever its bytes
    /// are.
    let accumulators: UnsafeMutablePointer<UInt16>
    /// The largest accumulator of each block.
    let maxima = UnsafeMutablePointer<Int16>.allocate(capacity: 512)
    /// The query's terms by position in a window's directory.
    let slots = QuerySlots()
    /// The query's weights by term, for scoring documents from `documents`. Allocated when first needed.
    private var termWeights: [Float] = []
    /// The number of weights in that table. It has no terms from this number on.
    static let termWeightCount: TermID = 65_536
    /// The documents found in one block.
    let found = UnsafeMutablePointer<UInt32>.allocate(capacity: WindowKernels.blockSize)
    /// A bit for each ordinal, for counting documents by their lists. All bits are 0 between searches.
    let marks = UnsafeMutablePointer<UInt64>.allocate(capacity: 1_024)
    /// The memory for a search of a block index.
    private(set) lazy var blocks = BlockScratch()
    /// The positions of the query's terms in the current window; -1 for missing terms.
    var positions: [Int] = []

    /// Whether the previous search had to wait for the disk, or there was none. The search then requests all data
    /// before it reads any, so that the disk gets many requests at once. This takes a system call for each list and
    /// each record, which is too expensive if the index is in memory.
    var readsAhead = true
    /// The optimizations of the searches that use this memory. All of them, except in measurements and tests.
    var optimizations = Optimizations.all

    /// Whether a search requests all data from the disk in advance.
    var asksDisk: Bool { readsAhead && optimizations.contains(.readAhead) }

    /// Runs a search, and notes for the next one whether it had to wait for the disk.
    func search<R>(_ body: () throws -> R) rethrows -> R {
        let waits = DiskWaits.count
        defer { readsAhead = DiskWaits.count > waits }
        return try body()
    }

    init() {
        accumulators = UnsafeMutableRawPointer.allocate(byteCount: 131_072, alignment: 64)
            .bindMemory(to: UInt16.self, capacity: 65_536)
        accumulators.initialize(repeating: 0, count: 65_536)
        maxima.initialize(repeating: 0, count: 512)
        found.initialize(repeating: 0, count: WindowKernels.blockSize)
        marks.initialize(repeating: 0, count: 1_024)
    }

    deinit {
        UnsafeMutableRawPointer(accumulators).deallocate()
        maxima.deallocate()
        slots.deallocate()
        found.deallocate()
        marks.deallocate()
    }

    /// - Parameter query: A query with terms below `termWeightCount`.
    func setTermWeights(_ query: ResolvedQuery) {
        if termWeights.isEmpty { termWeights = [Float](repeating: 0, count: Int(Self.termWeightCount)) }
        for (term, weight) in zip(query.terms, query.weights) { termWeights[Int(term)] = weight }
    }

    func clearTermWeights(_ query: ResolvedQuery) {
        for term in query.terms { termWeights[Int(term)] = 0 }
    }

    /// Calls `body` with `termWeightCount` weights. They must have been set.
    func withTermWeights<R>(_ body: (UnsafePointer<Float>) throws -> R) throws -> R {
        try termWeights.withUnsafeBufferPointer { weights in
            guard let base = weights.baseAddress else {
                throw SparseStoreError(
                    .internalError, problem: "weights by term were requested before they were set")
            }
            return try body(base)
        }
    }
}

/// The scratch memory of the searches of one store.
final class ScratchPool: Sendable {
    private let scratches = Pool { ScanScratch() }

    func withScratch<R>(_ body: (ScanScratch) throws -> R) rethrows -> R {
        try scratches.with { scratch in try scratch.search { try body(scratch) } }
    }
}

/// Counts how often the calling thread has waited. In a search, it waits for the disk to load a page of the map.
enum DiskWaits {
    /// The number of times this thread has slept (voluntary context switches of getrusage(2)), either for a page that
    /// it needed first, which is a major fault, or for a page that was already being read, which is not. Always 0 if
    /// the system does not count by thread.
    static var count: Int {
        #if os(Linux)
            var usage = rusage()
            // RUSAGE_THREAD, which the headers show to GNU programs only.
            return getrusage(.init(1), &usage) == 0 ? usage.ru_nvcsw : 0
        #else
            return 0
        #endif
    }
}
