internal import SparseFormat

/// Decides which segments of the index become one, and who does it. The defaults suit most stores.
///
/// Segments stand in ascending document number and only neighbours merge. A segment's tier is its size in powers of
/// ``fanout``; when so many of a tier have piled up at the end they merge, and so do neighbours that fill a window of
/// 65,535 documents. A segment of which too much was removed is rewritten, with neighbours that need it too.
///
/// **What it costs**: a document that comes in commits of c documents is written once by its commit and once more for
/// each tier above it, log(65,535 / c) / log(fanout) times: with the default 5 to 6 times when documents come singly,
/// twice when they come by the thousand. A removed or replaced document costs (1 - deadShare) / deadShare rewritten ones:
/// two by default. A merger that falls behind merges more at a time and so rewrites less.
/// `StoreStatistics.writeAmplification` is what it came to.
public struct MergePolicy: Sendable, Hashable {
    /// How many segments of a tier pile up before they merge, 2...64. More makes writing cheaper and searching dearer.
    public var fanout = 8
    /// The share of removed documents from which a segment is rewritten, above 0 and at most 1. Less makes searching
    /// cheaper and the file smaller, and replacing dearer.
    public var deadShare = 1.0 / 3
    /// A commit merges by itself what makes a segment of at most so many documents: some 0.1 ms for each. 0 leaves all to
    /// the merger, which then writes, and syncs, twice for every ``fanout`` commits.
    public var documentsMergedByCommits = 32
    /// From so many segments on the merger is taken to be behind, and each commit also merges some small neighbours,
    /// of a few thousand documents at most, so that searches stay bearable whatever happens.
    public var segmentBacklog = 256
    /// About how many bytes of memory laying out a window may take, from 1 MiB: a window closes when its documents are
    /// as many as fit, or 65,535. What a transaction has changed comes on top, until it ends.
    public var memory = 1 << 30
    /// How the windows are laid out; another way than the standard is for measurements.
    package var layout = WindowLayout()

    /// The defaults.
    public init() {}

    func check() throws(SparseStoreError) {
        guard (2...64).contains(fanout), deadShare > 0, deadShare <= 1, documentsMergedByCommits >= 0,
            segmentBacklog >= 1, memory >= 1 << 20
        else {
            throw SparseStoreError(
                .invalidArgument,
                "a merge policy has a fanout of 2...64, a dead share above 0 and at most 1, no negative counts, and "
                    + "1 MiB of memory or more")
        }
    }

    /// A window closes at so many nonzeros, however few its documents are. One document always fits.
    var nonzerosPerWindow: Int {
        min(WindowBuilder.maximumNonzeros, max(1, memory / WindowBuilder.bytesPerNonzero))
    }

    /// Windows that a merge of these makes, or one more: all but the last are full, of documents or of nonzeros. Never
    /// less, so that merging what fewer windows can hold comes to an end.
    func windows(of segments: some Collection<SegmentEntry>) -> Int {
        let most = Limits.maximumDocumentsPerWindow
        // Dead documents' included.
        let nonzeros = Int(clamping: segments.reduce(UInt64(0)) { $0 + $1.nonzeros })
        guard nonzeros >= nonzerosPerWindow else { return (segments.liveDocuments + most - 1) / most }
        return segments.liveDocuments / most + nonzeros / nonzerosPerWindow + 1
    }

    /// The tier of a segment of so many documents.
    func tier(_ documents: Int) -> Int {
        var tier = 0
        var size = fanout
        while size <= documents {
            tier += 1
            size *= fanout
        }
        return tier
    }

    /// The positions of the segments to merge next, nil when all is in order.
    func next(_ segments: [SegmentEntry]) -> Range<Int>? {
        empty(segments[...]) ?? mostlyDead(segments) ?? piledUp(segments[...])
    }

    /// What a commit merges itself. `claimed` are the segments that a merge in progress reads.
    func nextInCommit(_ segments: [SegmentEntry], claimed: Set<UInt32> = []) -> Range<Int>? {
        // What comes after the claimed ones: a commit's own segment, and what has piled up with it.
        let free = segments[((segments.lastIndex { claimed.contains($0.id) } ?? -1) + 1)...]
        if let empty = empty(free) { return empty }
        if let pile = piledUp(free), free[pile].liveDocuments <= documentsMergedByCommits { return pile }
        return segments.count >= segmentBacklog ? smallest(free) : nil
    }

    /// The first run of neighbours that fewer windows can hold, as long as a merge allows, or a segment with dead
    /// documents or of another profile; nil when the index is as small as it can be.
    func reducible(_ segments: [SegmentEntry], profile: IndexProfile = .fast) -> Range<Int>? {
        for first in segments.indices {
            let isOther = segments[first].isCompact != (profile == .compact)
            if segments[first].tombstones > 0 || segments[first].changes > 0 || isOther { return first..<first + 1 }
            // A full window only costs its rewriting.
            if Int(segments[first].documents) == Limits.maximumDocumentsPerWindow { continue }
            var longest: Range<Int>?
            for last in segments[first...].indices {
                let run = segments[first...last]
                guard windows(of: run) <= Self.windowsPerMerge else { break }
                if windows(of: run) < run.count { longest = first..<last + 1 }
            }
            if let longest { return longest }
        }
        return nil
    }
}

extension SparseStoreError {
    /// What a merge makes is bounded by the manifest's counts of documents and postings.
    static var moreDocumentsThanCounted: SparseStoreError {
        SparseStoreError(
            .corrupted, "segments hold more documents or postings than the manifest says; 'repair' makes a sound store")
    }
}

extension MergePolicy {
    /// Windows that one merge makes at most.
    private static let windowsPerMerge = 2
    /// How many dead documents a changed one counts as.
    private static let changedWeight = 2.0
    /// What a commit that helps a merger merges at most: some 50 ms of work.
    private static let documentsOfHelp = 4_096
    private static let nonzerosOfHelp = 1 << 19

    /// A segment whose documents are all dead: to be deleted, which costs next to nothing.
    private func empty(_ segments: ArraySlice<SegmentEntry>) -> Range<Int>? {
        segments.firstIndex { $0.tombstones == $0.documents }.map { $0..<$0 + 1 }
    }

    /// The segment with the largest share of dead documents, if that is too large, and around it those that are half as
    /// dead or small beside it, as long as fewer windows can hold them all.
    private func mostlyDead(_ segments: [SegmentEntry]) -> Range<Int>? {
        // Changed documents are looked at one by one by whoever filters: they count for more than dead ones.
        func share(_ segment: SegmentEntry) -> Double {
            (Double(segment.tombstones) + Self.changedWeight * Double(segment.changes)) / Double(segment.documents)
        }
        // Small ones merge soon anyway.
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

    /// The neighbours at the end that make a full window, or `fanout` of one tier with the smaller ones behind them.
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

    /// The end of the pile, or of its part that fills a window, if the merger has fallen so far behind.
    private func end(ofPile pile: ArraySlice<SegmentEntry>) -> Int {
        var documents = 0
        for index in pile.indices {
            documents += pile[index].live
            let run = pile[...index]
            if documents >= Limits.maximumDocumentsPerWindow, windows(of: run) < run.count { return index + 1 }
        }
        return pile.endIndex
    }

    /// The longest run of at most `fanout` neighbours with few documents, and of those the smallest.
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
