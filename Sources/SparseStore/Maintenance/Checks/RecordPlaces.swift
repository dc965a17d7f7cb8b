internal import LMDB
internal import SparseFormat

/// The positions of the exact vectors of a window, with the checks that apply to live and removed documents alike
/// (I114): the vectors are in the order of ordinals, none crosses the end of a chunk, positions ascend and refer to
/// terms, and weights are valid.
struct RecordPlaces {
    private let window: WindowSegment

    init(_ window: WindowSegment) { self.window = window }

    func check(_ verification: Verification) throws {
        guard !window.isCompact else { return }
        let prefix = Keys.segmentPrefix(window.id)
        let full = window.forwardChunkBytes
        var next = 0
        for ordinal in 0..<window.documentCount {
            let end: Int? = try verification.attempt(.segments, prefix) {
                let record = try window.record(at: ordinal)
                let size = ForwardTable.recordSize(
                    components: record.count, identifier: try record.identifier().utf8.count,
                    isWide: window.isWide)
                let room = full - next % full
                let expected = size <= room ? next : next + room
                let place = try window.place(of: ordinal)
                if place != expected || !hasSoundComponents(record) {
                    verification.broken(
                        .vectors, .segments, prefix,
                        "the exact vector at ordinal \(ordinal) of segment \(window.id) is not a valid vector")
                }
                return (place + size + 3) & ~3
            }
            // The damage was reported, and what follows cannot be interpreted.
            guard let end else { return }
            next = end
        }
        let chunks = (next + full - 1) / full
        if chunks != window.forwardChunkCount {
            verification.broken(
                .segmentParts, .segments, prefix,
                "segment \(window.id) has \(window.forwardChunkCount) chunks of exact vectors, "
                    + "but the vectors fill \(chunks)"
            )
        }
    }

    private func hasSoundComponents(_ record: ForwardRecord) -> Bool {
        var last = -1
        for index in 0..<record.count {
            let position = record.position(index)
            guard position > last, position < window.directory.count, Limits.weights.contains(record.weight(index))
            else {
                return false
            }
            last = position
        }
        return record.count > 0
    }
}
