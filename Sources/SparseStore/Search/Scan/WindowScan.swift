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
    ///   - query: The query, which tells whether there are negative weights.
    ///   - terms: The terms of the query that the window has; 1...`maximumLists`.
    ///   - cut: The parts to skip; nil for none.
    ///   - drift: The change of impacts since the lists were written; nil for none.
    init(
        _ segment: WindowSegment, _ query: ResolvedQuery, terms: ArraySlice<TermPlaces.Term>, cut: ScanCut?,
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
    ///   - window: The position of the window in the index.
    ///   - member: The window as of the commit, which tells which documents are live.
    ///   - allowed: The live documents that the filter matches; nil without a filter.
    func run(
        _ window: Int, member: CommitIndex.Member, allowed: AllowedDocuments?, scratch: ScanScratch,
        into set: inout CandidateSet
    ) {
        defer { withExtendedLifetime(held) {} }
        let isAskedFor = scratch.optimizations.contains(.listPrefetch)
        if isAskedFor, let first = packed.first { first.prefetchBeginning() }
        for (position, item) in packed.enumerated() {
            if isAskedFor, position + 1 < packed.count { packed[position + 1].prefetchBeginning() }
            if item.entry.encoding == .short {
                WindowKernels.addShort(
                    item.list, count: Int(item.entry.count), used: item.used, times: item.multiplier,
                    to: scratch.accumulators)
            } else {
                let packs = (item.used + WindowEntry.packSize - 1) / WindowEntry.packSize
                WindowKernels.addPacks(
                    item.list, count: packs, times: item.multiplier, to: scratch.accumulators,
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
            take(allowed.bitmap, of: window, scratch, into: &set)
            scratch.accumulators.update(repeating: 0, count: blocks * WindowKernels.blockSize)
            return
        }
        if let allowed {
            WindowKernels.maxima(
                of: scratch.accumulators, allowed: allowed.bitmap, blocks: blocks,
                clearingBelow: Int16(clamping: kept), into: scratch.maxima)
        } else {
            WindowKernels.maxima(
                of: scratch.accumulators, blocks: blocks, clearingBelow: Int16(clamping: kept), into: scratch.maxima)
        }
        let maxima = UnsafeBufferPointer(start: UnsafePointer(scratch.maxima), count: blocks)
        // Where a filter has cleared the sums of others, each maximum is that of a document that may be found.
        let spoiled = allowed == nil ? member.deadCount : 0
        var least =
            scratch.optimizations.contains(.maximaBound) && set.countsEveryDocument
            ? self.least(in: set, sums: scratch.accumulators, maxima: maxima, spoiled: spoiled)
            : units(reaching: set.threshold)
        // Where the maxima prove nothing, as with groups, the best sums come first, so that the bound rises at once.
        let first = set.countsEveryDocument ? kept : leading(set, maxima: maxima, reaching: kept)
        dense.withUnsafeBufferPointer { dense in
            func take(_ block: Int, from floor: Int16, below bound: Int) {
                guard Int(scratch.maxima[block]) + denseMost >= Int(floor) || !skips, Int(floor) < bound else { return }
                let count = WindowKernels.collect(
                    scratch.accumulators, block: block, documents: documents, dense: dense, most: denseMost,
                    least: floor, into: scratch.found)
                guard count > 0 else { return }
                for found in UnsafeBufferPointer(start: scratch.found, count: count) where Int(found >> 16) < bound {
                    let ordinal = Int(found & 0xFFFF)
                    guard allowed?.bitmap.contains(ordinal) ?? member.isLive(ordinal) else { continue }
                    set.insert(candidate(DocumentPlace(window: window, ordinal: ordinal), units: Int(found >> 16)))
                }
                least = max(least, units(reaching: set.threshold))
            }
            func isLeading(_ block: Int) -> Bool { first > kept && Int(scratch.maxima[block]) >= first }
            for block in 0..<blocks where isLeading(block) {
                take(block, from: max(least, Int16(clamping: first)), below: .max)
            }
            for block in 0..<blocks where Int(scratch.maxima[block]) >= kept {
                take(block, from: least, below: isLeading(block) ? first : .max)
                WindowKernels.clear(scratch.accumulators + block * WindowKernels.blockSize)
            }
        }
    }

    /// Adds the allowed documents that can be among the best. This looks at their sums only.
    private func take(
        _ allowed: Bitmap, of window: Int, _ scratch: ScanScratch, into set: inout CandidateSet
    ) {
        var least = Int(units(reaching: set.threshold))
        dense.withUnsafeBufferPointer { dense in
            allowed.forEach { ordinal in
                guard Int(scratch.accumulators[ordinal]) + denseMost >= least else { return }
                let sum = WindowKernels.sum(of: ordinal, in: scratch.accumulators, dense: dense)
                guard sum >= least else { return }
                set.insert(candidate(DocumentPlace(window: window, ordinal: ordinal), units: sum))
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
    private func leading(_ set: CandidateSet, maxima: UnsafeBufferPointer<Int16>, reaching kept: Int) -> Int {
        let bound = Int16(clamping: kept)
        guard WindowKernels.count(of: maxima, reaching: bound) > set.count else { return kept }
        return max(kept, Int(WindowKernels.largest(set.count, of: maxima)))
    }

    /// Returns the least sum of a candidate. Each block's maximum is the sum of a document, so the k-th largest maximum
    /// is a lower bound of the k-th best sum. Each dead document may have spoiled one maximum. If more candidates are
    /// wanted than there are blocks, the sums themselves are counted.
    private func least(
        in set: CandidateSet, sums: UnsafePointer<UInt16>, maxima: UnsafeBufferPointer<Int16>, spoiled: Int
    ) -> Int16 {
        let known = units(reaching: set.threshold)
        let rank = set.count + spoiled
        let sum: Int16
        if rank <= maxima.count {
            // If fewer blocks than that reach the known bound, their k-th maximum cannot raise it. This is so in all
            // but the first windows, and counting is much cheaper than selecting.
            guard WindowKernels.count(of: maxima, reaching: known) >= rank else { return known }
            sum = WindowKernels.largest(rank, of: maxima)
        } else {
            guard !set.isFull, rank <= documents else { return known }
            sum = WindowKernels.nearLargest(rank, of: sums, maxima: maxima)
        }
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
                index.members[fullest.window].segment.directory, fullest.term, least: plan.floor * sum)
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
