internal import LMDB
internal import Platform
internal import SparseFormat

/// Scores every document of one window term by term, similar to SINDI (Li et al., ICDE 2026), with 8-bit codes and
/// 15-bit accumulators, and computes bounds around each sum.
///
/// A unit is the value of 1 in an accumulator. Each posting adds floor(code x multiplier / 256) + 1 units, where
/// multiplier = ceil(256 x query weight x scale / unit). This is never less than code x scale x query weight, and less
/// than 2 units more. The code itself is within half a scale of the weight (in dense lists, whose codes are at least 1,
/// within one scale above it). With T lists read in full:
///
///     accumulator x unit + sum(query weight x scale) / 2  >=  score
///     (accumulator - 2 T) x unit - sum(query weight x scale)  <=  score
///
/// The unit is chosen so that no sum exceeds 32,767.
///
/// With BM25, codes are of impacts at an older average length. Query weights are multiplied by the largest factor by
/// which impacts may have grown, so the upper bound holds. `narrowing` is the ratio of the smallest such factor to the
/// largest.
///
/// Only terms with a positive weight are added. The most that the other terms can subtract is subtracted from the lower
/// bound; they cannot raise the upper bound.
struct WindowScan {
    private var packed: [Packed] = []
    private var dense: [WindowKernels.Dense] = []
    /// The most that the dense lists can add to one accumulator.
    private var denseMost = 0
    private let unit: Float
    private let above: Float
    private let below: Float
    private let narrowing: Float
    /// The most that terms with a negative weight can subtract.
    private let penalty: Float
    private let documents: Int
    private(set) var postings = 0
    /// The memory that the lists are read from.
    private(set) var held = HeldLists()

    private struct Packed {
        let list: UnsafeRawPointer
        let entry: WindowEntry
        let used: Int
        let multiplier: UInt16

        var bytes: Int { used * WindowEntry.packBytes / WindowEntry.packSize }

        /// Prefetches the beginning of the list, which `addPacks` does not prefetch itself.
        func prefetchBeginning() {
            for offset in stride(from: 0, to: min(bytes, WindowKernels.prefetchDistance), by: 64) {
                prefetch(list + offset)
            }
        }
    }

    /// The maximum number of lists. With more, each would get too few of the 32,767 units, so the caller scores
    /// documents instead.
    static let maximumLists = 2_048
    /// If a filter matches less than one document in this many, the sums of the matching documents are read one by one,
    /// which costs less than to apply the filter to each block.
    private static let fewAllowed = 64
    /// The relative error allowed for summing in Float.
    private static let slack: Float = 1e-5

    /// - Parameters:
    ///   - terms: The terms of the query that the window has; 1...`maximumLists`.
    ///   - cut: The parts to skip; nil for none.
    ///   - query: The query, which tells whether there are negative weights.
    ///   - drift: The change of impacts since the lists were written; nil for none.
    init(
        _ segment: WindowSegment, _ terms: ArraySlice<TermPlaces.Term>, _ cut: ScanCut?, _ query: ResolvedQuery,
        drift: ClosedRange<Float>? = nil
    ) throws {
        narrowing = drift.map { $0.lowerBound / $0.upperBound } ?? 1
        penalty = query.hasNegativeWeight ? terms.reduce(Float(0)) { $0 - min(0, $1.most) } : 0
        let terms = query.hasNegativeWeight ? ArraySlice(terms.filter { $0.weight > 0 }) : terms
        let levels = { (term: TermPlaces.Term) in cut?.levels[term.number] ?? segment.directory.levels }
        let most = terms.reduce(Float(0)) { levels($1) > 0 ? $0 + $1.most : $0 }
        unit = most / Float(32_767 - 2 * terms.count)
        documents = segment.documentCount
        if cut == nil {
            above = most / 510 + (most + penalty) * Self.slack
            below = Float(2 * terms.count) * unit + most / 255 + (most + penalty) * Self.slack
        } else {
            above = 0
            below = 0
        }
        packed.reserveCapacity(terms.count)
        for term in terms {
            let used = segment.directory.postings(at: term.position, levels: levels(term))
            guard used > 0 else { continue }
            let list = try segment.list(term.entry, &held)
            let scale = term.most / 255
            let multiplier = UInt16(min(65_535, (scale / unit * 256).rounded(.up)))
            if term.entry.encoding == .dense {
                dense.append(WindowKernels.dense(codes: list, multiplier: multiplier))
                denseMost += 255 * Int(multiplier) / 256 + 1
                postings += documents
            } else {
                packed.append(Packed(list: list, entry: term.entry, used: used, multiplier: multiplier))
                postings += used
            }
        }
    }

    var listCount: Int { packed.count + dense.count }
    /// The number of postings that are added one by one.
    var packedPostings: Int { packed.reduce(0) { $0 + $1.used } }

    /// Adds the documents that can be among the best to `set`, and clears the accumulators.
    ///
    /// - Parameters:
    ///   - member: The position of the window in the index.
    ///   - allowed: The live documents that the filter matches; nil without a filter.
    func run(
        _ member: Int, _ window: CommitIndex.Member, _ allowed: AllowedDocuments?, _ scratch: ScanScratch,
        into set: inout CandidateSet
    ) {
        defer { withExtendedLifetime(held) {} }
        let isAskedFor = scratch.optimizations.contains(.listPrefetch)
        if isAskedFor, let first = packed.first { first.prefetchBeginning() }
        for (position, item) in packed.enumerated() {
            if isAskedFor, position + 1 < packed.count { packed[position + 1].prefetchBeginning() }
            if item.entry.encoding == .short {
                WindowKernels.addShort(
                    item.list, count: Int(item.entry.count), used: item.used, item.multiplier, scratch.accumulators)
            } else {
                let packs = (item.used + WindowEntry.packSize - 1) / WindowEntry.packSize
                WindowKernels.addPacks(
                    item.list, count: packs, item.multiplier, scratch.accumulators,
                    ahead: isAskedFor ? WindowKernels.prefetchDistance : 0)
            }
        }
        // The sum of the padding belongs to no document.
        scratch.accumulators[Int(WindowEntry.padOrdinal)] = 0
        let blocks = (documents + WindowKernels.blockSize - 1) / WindowKernels.blockSize
        // A block below this has no candidate, whatever its dense lists add.
        let skips = scratch.optimizations.contains(.blockSkipping)
        let kept = skips ? Int(units(reaching: set.threshold)) - denseMost : Int(Int16.min)
        if let allowed, allowed.count < documents / Self.fewAllowed {
            take(allowed.bitmap, of: member, scratch, into: &set)
            scratch.accumulators.update(repeating: 0, count: blocks * WindowKernels.blockSize)
            return
        }
        if let allowed {
            WindowKernels.maxima(
                of: allowed.bitmap, scratch.accumulators, blocks: blocks, clearingBelow: Int16(clamping: kept),
                scratch.maxima)
        } else {
            WindowKernels.maxima(
                scratch.accumulators, blocks: blocks, clearingBelow: Int16(clamping: kept), scratch.maxima)
        }
        // Where a filter has cleared the sums of others, each maximum is that of a document that may be found.
        let spoiled = allowed == nil ? window.deadCount : 0
        var least =
            scratch.optimizations.contains(.maximaBound) && set.countsEveryDocument
            ? self.least(spoiled, blocks, scratch, set) : units(reaching: set.threshold)
        // Where the maxima prove nothing, as with groups, the best sums come first, so that the bound rises at once.
        let first = set.countsEveryDocument ? kept : leading(blocks, reaching: kept, scratch, set)
        dense.withUnsafeBufferPointer { dense in
            func take(_ block: Int, from least: Int16, below bound: Int) {
                guard Int(scratch.maxima[block]) + denseMost >= Int(least) || !skips, Int(least) < bound else { return }
                let count = WindowKernels.collect(
                    scratch.accumulators, block: block, documents: documents, dense, most: denseMost, least: least,
                    scratch.found)
                for found in UnsafeBufferPointer(start: scratch.found, count: count) where Int(found >> 16) < bound {
                    let ordinal = Int(found & 0xFFFF)
                    guard allowed?.bitmap.contains(ordinal) ?? window.isLive(ordinal) else { continue }
                    set.insert(candidate(DocumentPlace(member: member, ordinal: ordinal), units: Int(found >> 16)))
                }
            }
            func isLeading(_ block: Int) -> Bool { first > kept && Int(scratch.maxima[block]) >= first }
            for block in 0..<blocks where isLeading(block) {
                take(block, from: max(least, Int16(clamping: first)), below: .max)
                least = max(least, units(reaching: set.threshold))
            }
            for block in 0..<blocks where Int(scratch.maxima[block]) >= kept {
                take(block, from: least, below: isLeading(block) ? first : .max)
                least = max(least, units(reaching: set.threshold))
                WindowKernels.clear(scratch.accumulators + block * WindowKernels.blockSize)
            }
        }
    }

    /// Adds the allowed documents that can be among the best. This looks at their sums only.
    private func take(
        _ allowed: Bitmap, of member: Int, _ scratch: ScanScratch, into set: inout CandidateSet
    ) {
        var least = Int(units(reaching: set.threshold))
        dense.withUnsafeBufferPointer { dense in
            allowed.forEach { ordinal in
                guard Int(scratch.accumulators[ordinal]) + denseMost >= least else { return }
                let sum = WindowKernels.sum(of: ordinal, scratch.accumulators, dense)
                guard sum >= least else { return }
                set.insert(candidate(DocumentPlace(member: member, ordinal: ordinal), units: sum))
                least = Int(units(reaching: set.threshold))
            }
        }
    }

    private func candidate(_ place: DocumentPlace, units: Int) -> ScanCandidate {
        let sum = Float(units) * unit
        return ScanCandidate(place: place, upper: sum + above, lower: narrowed(sum - below) - penalty)
    }

    /// Returns the least sum to look at first: that of about as many blocks as there are candidates to keep, or the
    /// given bound if fewer blocks reach it.
    private func leading(_ blocks: Int, reaching kept: Int, _ scratch: ScanScratch, _ set: CandidateSet) -> Int {
        let bound = Int16(clamping: kept)
        guard WindowKernels.count(of: scratch.maxima, count: blocks, reaching: bound) > set.count else { return kept }
        return max(kept, Int(WindowKernels.largest(set.count, of: scratch.maxima, count: blocks)))
    }

    /// Returns the least sum of a candidate. Each block's maximum is the sum of a document, so the k-th largest maximum
    /// is a lower bound of the k-th best sum. Each dead document may have spoiled one maximum.
    private func least(_ spoiled: Int, _ blocks: Int, _ scratch: ScanScratch, _ set: CandidateSet) -> Int16 {
        let known = units(reaching: set.threshold)
        let rank = set.count + spoiled
        guard rank <= blocks else { return known }
        // If fewer blocks than that reach the known bound, their k-th maximum cannot raise it. This is so in all but
        // the first windows, and counting is much cheaper than selecting.
        guard WindowKernels.count(of: scratch.maxima, count: blocks, reaching: known) >= rank else { return known }
        let sum = WindowKernels.largest(rank, of: scratch.maxima, count: blocks)
        return max(known, units(reaching: narrowed(Float(sum) * unit - below) - penalty))
    }

    /// Returns a lower bound at the current average length. A negative bound is kept, because no score is below 0.
    private func narrowed(_ bound: Float) -> Float { bound > 0 ? bound * narrowing : bound }

    /// Returns the least accumulator, at least 1, whose upper bound reaches a score.
    private func units(reaching score: Float) -> Int16 {
        let units = ((score - above) / unit).rounded(.down)
        return units >= 32_767 ? 32_767 : units <= 1 ? 1 : Int16(units)
    }
}

/// The working memory of one search, reused by later searches.
///
/// Invariant between searches: every accumulator, every slot, and every weight by term is 0.
final class ScanScratch {
    /// One 16-bit accumulator for each value of a u16 ordinal, so that no list can write outside, whatever its bytes
    /// are.
    let accumulators: UnsafeMutablePointer<UInt16>
    /// The largest accumulator of each block.
    let maxima = UnsafeMutablePointer<Int16>.allocate(capacity: 512)
    /// For each position in a window's directory, the 1-based number of the query term at it; 0 for none.
    let slots = UnsafeMutablePointer<UInt8>.allocate(capacity: 65_536)
    /// The same positions as bits, which are few enough for the first-level cache.
    let slotBits = UnsafeMutablePointer<UInt32>.allocate(capacity: 65_536 / 32)
    /// The query's weights by slot.
    let slotWeights = UnsafeMutablePointer<Float>.allocate(capacity: 256)
    /// The query's weights by term, for scoring documents from `documents`. Allocated when first needed.
    private var termWeights: [Float] = []
    /// The number of weights in that table. It has no terms from this number on.
    static let termWeightCount: TermID = 65_536
    /// The indices of the components that a document shares with the query.
    let matches = UnsafeMutablePointer<UInt16>.allocate(capacity: 65_537)
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

    init() {
        accumulators = UnsafeMutableRawPointer.allocate(byteCount: 131_072, alignment: 64)
            .bindMemory(to: UInt16.self, capacity: 65_536)
        accumulators.initialize(repeating: 0, count: 65_536)
        maxima.initialize(repeating: 0, count: 512)
        slots.initialize(repeating: 0, count: 65_536)
        slotBits.initialize(repeating: 0, count: 65_536 / 32)
        slotWeights.initialize(repeating: 0, count: 256)
        matches.initialize(repeating: 0, count: 65_537)
        found.initialize(repeating: 0, count: WindowKernels.blockSize)
        marks.initialize(repeating: 0, count: 1_024)
    }

    deinit {
        UnsafeMutableRawPointer(accumulators).deallocate()
        maxima.deallocate()
        slots.deallocate()
        slotBits.deallocate()
        slotWeights.deallocate()
        matches.deallocate()
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
        try scratches.with { scratch in
            let waits = DiskWaits.count
            defer { scratch.readsAhead = DiskWaits.count > waits }
            return try body(scratch)
        }
    }
}

/// The parts of the index that a plan skips for one query. The cut is the same in all windows, so that sums are
/// comparable between windows of any size.
struct ScanCut {
    let plan: ScanPlan
    /// The number of levels to read of each query term's lists; 0 skips the term.
    let levels: [Int]

    init(_ plan: ScanPlan, _ terms: TermPlaces, _ index: CommitIndex) {
        self.plan = plan
        let sum = terms.most.reduce(0, +)
        let least = Self.least(terms.most, dropping: plan.dropped * sum)
        levels = terms.most.indices.map { number in
            guard terms.most[number] >= least, let fullest = terms.fullest[number] else { return 0 }
            return Self.levels(
                index.members[fullest.member].segment.directory, fullest.term, least: plan.floor * sum)
        }
    }

    /// Returns the smallest maximum contribution to keep, such that all smaller ones add up to less than `share`.
    private static func least(_ most: [Float], dropping share: Float) -> Float {
        guard share > 0 else { return 0 }
        var sum: Float = 0
        for most in most.sorted() {
            sum += most
            if sum > share { return most }
        }
        return 0
    }

    /// Returns the number of levels before the first whose mean contribution is too small.
    private static func levels(_ directory: WindowDirectory, _ term: TermPlaces.Term, least: Float) -> Int {
        for level in 0..<directory.levels {
            let average = directory.averageCode(at: term.position, level: level)
            if average > 0, Float(average) * (term.most / 255) < least { return level }
        }
        return directory.levels
    }
}
