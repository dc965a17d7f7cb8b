internal import SparseFormat

/// The memory one search needs beside its answer; reused from search to search.
///
/// Invariant between searches: every accumulator, every slot and every weight by term is 0.
final class ScanScratch {
    /// One 16-bit accumulator for each ordinal a u16 can name: no list can reach outside, whatever its bytes say.
    let accumulators: UnsafeMutablePointer<UInt16>
    /// The largest accumulator of each block, and a copy to select from.
    let maxima = UnsafeMutablePointer<Int16>.allocate(capacity: 512)
    let selected = UnsafeMutablePointer<Int16>.allocate(capacity: 512)
    /// For each position in a window's directory the query term it stands for, from 1; 0 for none.
    let slots = UnsafeMutablePointer<UInt8>.allocate(capacity: 65_536)
    /// The query's weights by slot.
    let slotWeights = UnsafeMutablePointer<Float>.allocate(capacity: 256)
    /// The query's weights by term, where documents are scored from `documents`; made when first needed.
    private var termWeights: [Float] = []
    /// Terms from here on are not in it.
    static let termWeightCount: TermID = 65_536
    /// The indices of the components a document shares with the query.
    let matches = UnsafeMutablePointer<UInt16>.allocate(capacity: 65_537)
    /// Documents found in one block.
    let found = UnsafeMutablePointer<UInt32>.allocate(capacity: WindowKernels.blockSize)
    /// A bit for each ordinal, to count documents by their lists; all 0 between searches.
    let marks = UnsafeMutablePointer<UInt64>.allocate(capacity: 1_024)
    /// What a search of a block index needs.
    private(set) lazy var blocks = BlockScratch()
    /// Where the query's terms stand in the window that is being looked at; -1 for those it lacks.
    var positions: [Int] = []

    /// Whether the search before this one had to wait for the disk, or there was none before. Then this one asks for all
    /// it is going to read before it reads the first of it, so that the disk has many requests at once: a call to the
    /// system for each list and each record, too dear where memory holds the index anyway.
    var readsAhead = true
    /// What the searches that use this memory do to be fast; all of it, but in measurements and tests.
    var optimisations = Optimisations.all

    /// Whether a search asks the disk for all it is going to read.
    var asksDisk: Bool { readsAhead && optimisations.contains(.readAhead) }

    init() {
        accumulators = UnsafeMutableRawPointer.allocate(byteCount: 131_072, alignment: 64)
            .bindMemory(to: UInt16.self, capacity: 65_536)
        accumulators.initialize(repeating: 0, count: 65_536)
        maxima.initialize(repeating: 0, count: 512)
        selected.initialize(repeating: 0, count: 512)
        slots.initialize(repeating: 0, count: 65_536)
        slotWeights.initialize(repeating: 0, count: 256)
        matches.initialize(repeating: 0, count: 65_537)
        found.initialize(repeating: 0, count: WindowKernels.blockSize)
        marks.initialize(repeating: 0, count: 1_024)
    }

    deinit {
        UnsafeMutableRawPointer(accumulators).deallocate()
        maxima.deallocate()
        selected.deallocate()
        slots.deallocate()
        slotWeights.deallocate()
        matches.deallocate()
        found.deallocate()
        marks.deallocate()
    }

    /// - Parameter query: its terms are below `termWeightCount`.
    func setTermWeights(_ query: ResolvedQuery) {
        if termWeights.isEmpty { termWeights = [Float](repeating: 0, count: Int(Self.termWeightCount)) }
        for (term, weight) in zip(query.terms, query.weights) { termWeights[Int(term)] = weight }
    }

    func clearTermWeights(_ query: ResolvedQuery) {
        for term in query.terms { termWeights[Int(term)] = 0 }
    }

    /// Calls `body` with `termWeightCount` weights, once they have been set.
    func withTermWeights<R>(_ body: (UnsafePointer<Float>) throws -> R) throws -> R {
        try termWeights.withUnsafeBufferPointer { weights in
            guard let base = weights.baseAddress else {
                throw SparseStoreError(.internalError, "weights by term were asked for before they were set")
            }
            return try body(base)
        }
    }
}
