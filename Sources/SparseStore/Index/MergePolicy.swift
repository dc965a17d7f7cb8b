internal import SparseFormat

/// The rules for which segments of the index are merged, and by whom. The defaults suit most stores.
///
/// Segments are in ascending order of document numbers, and only neighbors are merged. A segment's tier is its size in
/// powers of ``fanout``. When enough segments of a tier have piled up at the end, they are merged, and so are neighbors
/// that fill a window of 65,535 documents. A segment with too many removed documents is rewritten, together with
/// neighbors that also need it.
///
/// **Cost**: a document in a commit of c documents is written once by its commit and once more for each higher tier,
/// log(65,535 / c) / log(fanout) times. By default, that is 5 to 6 times if documents are committed one at a time, and
/// twice if they are committed by the thousand. A removed or replaced document costs (1 - deadShare) / deadShare
/// rewritten documents, two by default. A merger that falls behind merges more at a time and so rewrites less.
/// `StoreStatistics.writeAmplification` reports the actual cost.
public struct MergePolicy: Sendable, Hashable {
    /// The number of segments of a tier that pile up before they are merged, 2...64. A larger number makes writes
    /// cheaper and searches more expensive.
    public var fanout = 8
    /// The share of removed documents at which a segment is rewritten, above 0 and at most 1. A smaller share makes
    /// searches cheaper and the file smaller, but replacing documents more expensive.
    public var deadShare = 1.0 / 3
    /// The maximum number of documents in a segment that a commit makes by merging. A commit takes about 0.1 ms longer
    /// per merged document. With 0, the merger does all merging, which costs two writes and syncs for every ``fanout``
    /// commits.
    public var documentsMergedByCommits = 32
    /// The number of segments at which the merger counts as behind. Each commit then also merges some small neighbors,
    /// at most a few thousand documents, to bound the cost of searches.
    public var segmentBacklog = 256
    /// The approximate memory for building a window, in bytes; at least 1 MiB. A window is closed when it has as many
    /// documents as fit, or 65,535. The changes of a transaction need additional memory until it ends.
    public var memory = 1 << 30
    /// The layout of windows. Layouts other than the default are for measurements.
    package var layout = WindowLayout()

    /// Creates the default policy.
    public init() {}

    func check() throws(SparseStoreError) {
        guard (2...64).contains(fanout), deadShare > 0, deadShare <= 1, documentsMergedByCommits >= 0,
            segmentBacklog >= 1, memory >= 1 << 20
        else {
            throw SparseStoreError(
                .invalidArgument, problem: "the merge policy is out of range",
                remedy: "use a fanout of 2...64, a dead share above 0 and at most 1, no negative counts, a backlog "
                    + "of at least 1, and at least 1 MiB of memory")
        }
    }

    /// The number of nonzeros at which a window is closed. A single document always fits.
    var nonzerosPerWindow: Int {
        min(WindowBuilder.maximumNonzeros, max(1, memory / WindowBuilder.bytesPerNonzero))
    }

    /// Returns an upper bound of the number of windows that a merge of these segments makes, at most one too many: all
    /// windows but the last are full of documents or of nonzeros. It is never too small, so that merging what fewer
    /// windows can hold terminates.
    func windows(of segments: some Collection<SegmentEntry>) -> Int {
        let most = Limits.maximumDocumentsPerWindow
        // Includes dead documents.
        let nonzeros = Int(clamping: segments.reduce(UInt64(0)) { $0 + $1.nonzeros })
        guard nonzeros >= nonzerosPerWindow else { return (segments.liveDocuments + most - 1) / most }
        return segments.liveDocuments / most + nonzeros / nonzerosPerWindow + 1
    }

    /// Returns the tier of a segment with the given number of documents.
    private func tier(_ documents: Int) -> Int {
        var tier = 0
        var size = fanout
        while size <= documents {
            tier += 1
            size *= fanout
        }
        return tier
    }

    /// Returns the positions of the segments to merge next; nil if no merge is due.
    func next(_ segments: [SegmentEntry]) -> Range<Int>? {
        empty(segments[...]) ?? mostlyDead(segments) ?? piledUp(segments[...])
    }

    /// Returns the positions of the segments that a commit merges itself. `claimed` are the segments that a merge in
    /// progress reads.
    func nextInCommit(_ segments: [SegmentEntry], claimed: Set<UInt32> = []) -> Range<Int>? {
        // What comes after the claimed ones: a commit's own segment, and what has piled up with it.
        let free = segments[((segments.lastIndex { claimed.contains($0.id) } ?? -1) + 1)...]
        if let empty = empty(free) { return empty }
        if let pile = piledUp(free), free[pile].liveDocuments <= documentsMergedByCommits { return pile }
        return segments.count >= segmentBacklog ? smallest(free) : nil
    }

    /// Returns the first run of neighbors that fewer windows can hold, within the limit of one merge, or a segment with
    /// dead documents or of another profile; nil if the index is as small as possible.
    ///
    /// - Parameter spared: Segments that stay as they are unless the policy rewrites them or they have another profile.
    func reducible(
        _ segments: [SegmentEntry], profile: IndexProfile = .fast, sparing spared: Set<UInt32> = []
    ) -> Range<Int>? {
        func isOther(_ segment: SegmentEntry) -> Bool { segment.isCompact != (profile == .compact) }
        func isSpared(_ segment: SegmentEntry) -> Bool {
            spared.contains(segment.id) && !isOther(segment) && share(segment) < deadShare
        }
        for first in segments.indices where !isSpared(segments[first]) {
            let isOther = isOther(segments[first])
            if segments[first].tombstones > 0 || segments[first].changes > 0 || isOther { return first..<first + 1 }
            // A full window only costs its rewriting.
            if Int(segments[first].documents) == Limits.maximumDocumentsPerWindow { continue }
            var longest: Range<Int>?
            for last in segments[first...].indices {
                let run = segments[first...last]
                guard windows(of: run) <= Self.windowsPerMerge, !isSpared(segments[last]) else { break }
                if windows(of: run) < run.count { longest = first..<last + 1 }
            }
            if let longest { return longest }
        }
        return nil
    }
}

extension SparseStoreError {
    /// The error for a merge that makes more documents or postings than the manifest counts.
    static var moreDocumentsThanCounted: SparseStoreError {
        SparseStoreError(
            .corrupted, problem: "segments have more documents or postings than the manifest says",
            remedy: "run 'repair'")
    }
}

extension MergePolicy {
    /// The maximum number of windows that one merge makes.
    private static let windowsPerMerge = 2
    /// The number of dead documents that a changed document counts as.
    private static let changedWeight = 2.0
    /// The maximum number of documents that a commit merges to help a merger; about 50 ms of work.
    private static let documentsOfHelp = 4_096
    private static let nonzerosOfHelp = 1 << 19

    /// Returns the share of the documents that are dead. Filters read changed documents one by one, so these count for
    /// more than dead ones.
    private func share(_ segment: SegmentEntry) -> Double {
        (Double(segment.tombstones) + Self.changedWeight * Double(segment.changes)) / Double(segment.documents)
    }

    /// Returns a segment whose documents are all dead. Deleting it costs almost nothing.
    private func empty(_ segments: ArraySlice<SegmentEntry>) -> Range<Int>? {
        segments.firstIndex { $0.tombstones == $0.documents }.map { $0..<$0 + 1 }
    }

    /// Returns the segment with the largest share of dead documents, if it is too large, with the surrounding segments
    /// that are at least half as dead or are comparatively small, as long as fewer windows can hold them all.
    private func mostlyDead(_ segments: [SegmentEntry]) -> Range<Int>? {
        // Small segments will be merged soon anyway.
        let worth = segments.indices.filter {
            segments[$0].documents > documentsMergedByCommits && share(segments[$0]) >= deadShare
        }
        guard let worst = worth.max(by: { share(segments[$0]) < share(segments[$1]) }) else { return nil }
        func joins(_ segment: SegmentEntry) -> Bool {
            share(segment) >= deadShare / 2 || Int(segment.documents) * fanout <= segments[worst].documents
        }
        var best = worst..<worst + 1
        var first = worst
        while true {
            var end = worst + 1
            while windows(of: segments[first..<end]) <= Self.windowsPerMerge {
                if windows(of: segments[first..<end]) < end - first, end - first > best.count { best = first..<end }
                guard end < segments.count, joins(segments[end]) else { break }
                end += 1
            }
            guard first > 0, joins(segments[first - 1]),
                windows(of: segments[(first - 1)...worst]) <= Self.windowsPerMerge
            else { return best }
            first -= 1
        }
    }

    /// Returns the neighbors at the end that make a full window, or `fanout` of one tier with the smaller ones after
    /// them.
    private func piledUp(_ segments: ArraySlice<SegmentEntry>) -> Range<Int>? {
        var first = segments.endIndex
        for tier in 0...tier(Limits.maximumDocumentsPerWindow) {
            while first > segments.startIndex, isMergeable(segments[first - 1], upTo: tier) { first -= 1 }
            let pile = segments[first...]
            guard windows(of: pile) < pile.count else { continue }
            let peers = pile.filter { self.tier(Int($0.documents)) == tier }
            if peers.count >= fanout || pile.liveDocuments >= Limits.maximumDocumentsPerWindow {
                return first..<end(ofPile: pile)
            }
        }
        return nil
    }

    /// Returns the end of the pile, or of the part of it that fills a window if the merger is far behind.
    private func end(ofPile pile: ArraySlice<SegmentEntry>) -> Int {
        var documents = 0
        for index in pile.indices {
            documents += pile[index].live
            let run = pile[...index]
            if documents >= Limits.maximumDocumentsPerWindow, windows(of: run) < run.count { return index + 1 }
        }
        return pile.endIndex
    }

    /// Returns the longest run of at most `fanout` neighbors with few documents; among equals, the smallest.
    private func smallest(_ segments: ArraySlice<SegmentEntry>) -> Range<Int>? {
        for count in stride(from: min(fanout, segments.count), through: 2, by: -1) {
            let runs = (segments.startIndex...segments.endIndex - count).map { $0..<$0 + count }.filter { run in
                segments[run].liveDocuments <= Self.documentsOfHelp
                    && segments[run].reduce(0) { $0 + $1.nonzeros } <= UInt64(Self.nonzerosOfHelp)
            }
            if let run = runs.min(by: { segments[$0].liveDocuments < segments[$1].liveDocuments }) { return run }
        }
        return nil
    }

    private func isMergeable(_ segment: SegmentEntry, upTo tier: Int) -> Bool {
        Int(segment.documents) < Limits.maximumDocumentsPerWindow
            && self.tier(Int(segment.documents)) <= tier
    }
}

extension SegmentEntry {
    /// The number of documents that are not dead.
    var live: Int { Int(documents - tombstones) }
}

extension Collection where Element == SegmentEntry {
    var liveDocuments: Int { reduce(0) { $0 + $1.live } }
}
