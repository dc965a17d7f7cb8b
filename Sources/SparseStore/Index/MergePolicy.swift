internal import SparseFormat

/// Decides which neighbouring window segments become one.
///
/// Segments stand in ascending document number and only neighbours merge, so ranges never overlap. A segment's tier is
/// its size in powers of `fanout`; when `fanout` segments of one tier have piled up at the end, they merge, and so do
/// neighbours that fill a window. A document is thus rewritten once a tier, and a full window only when most of it is
/// dead.
struct MergePolicy: Sendable {
    /// How many segments of a tier pile up before they merge, >= 2.
    var fanout = 8

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
        mostlyDead(segments) ?? piledUp(segments)
    }

    /// The first run of neighbours that fewer windows can hold, as long as a bounded transaction allows, or a segment with
    /// dead documents; nil when the index is as small as it can be.
    func reducible(_ segments: [SegmentEntry]) -> Range<Int>? {
        for first in segments.indices where segments[first].kind == .window {
            if segments[first].tombstones > 0 { return first..<first + 1 }
            // A full window only costs its rewriting.
            if Int(segments[first].documents) == Limits.maximumDocumentsPerWindow { continue }
            var longest: Range<Int>?
            for last in segments[first...].indices {
                let run = segments[first...last]
                guard segments[last].kind == .window, windows(for: run) <= 2 else { break }
                if windows(for: run) < run.count { longest = first..<last + 1 }
            }
            if let longest { return longest }
        }
        return nil
    }

    /// Windows that hold the live documents of some segments.
    private func windows(for segments: ArraySlice<SegmentEntry>) -> Int {
        let documents = segments.reduce(0) { $0 + Int($1.documents - $1.tombstones) }
        let nonzeros = segments.reduce(0) { $0 + Int($1.nonzeros) }
        let most = Limits.maximumDocumentsPerWindow
        // A window is closed by the document that fills it up: it may hold as much less as one has.
        let full = WindowBuilder.maximumNonzeros - Limits.maximumTermsPerVector
        return max((documents + most - 1) / most, (nonzeros + full - 1) / full)
    }

    /// A segment with more dead documents than live ones is rewritten alone.
    private func mostlyDead(_ segments: [SegmentEntry]) -> Range<Int>? {
        segments.firstIndex { $0.kind == .window && $0.tombstones * 2 > $0.documents }.map { $0..<($0 + 1) }
    }

    /// The neighbours at the end that make a full window, or `fanout` of one tier with the smaller ones behind them.
    private func piledUp(_ segments: [SegmentEntry]) -> Range<Int>? {
        var first = segments.count
        for tier in 0...tier(Limits.maximumDocumentsPerWindow) {
            while first > 0, isMergeable(segments[first - 1], upTo: tier) { first -= 1 }
            let pile = segments[first...]
            guard windows(for: pile) < pile.count else { continue }
            let documents = pile.reduce(0) { $0 + Int($1.documents - $1.tombstones) }
            let peers = pile.filter { self.tier(Int($0.documents)) == tier }
            if peers.count >= fanout || documents >= Limits.maximumDocumentsPerWindow {
                return first..<segments.count
            }
        }
        return nil
    }

    private func isMergeable(_ segment: SegmentEntry, upTo tier: Int) -> Bool {
        segment.kind == .window && Int(segment.documents) < Limits.maximumDocumentsPerWindow
            && self.tier(Int(segment.documents)) <= tier
    }
}
