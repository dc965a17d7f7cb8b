@testable import SparseFormat
@testable import SparseStore

/// The sums of one query's packed lists in a window, and its dense lists: the state of an exact scan before its last
/// pass.
struct WindowSums {
    let scratch = ScanScratch()
    let blocks: Int
    private let documents: Int
    private(set) var dense: [WindowKernels.Dense] = []
    private(set) var denseMost = 0
    private(set) var postings = 0

    init(_ query: ResolvedQuery, _ material: Material) throws {
        documents = material.segment.documentCount
        blocks = (documents + WindowKernels.blockSize - 1) / WindowKernels.blockSize
        let lists = try zip(query.terms, query.weights).compactMap { term, weight in
            try material.directory.find(term).map { (list: try material.list(at: $0), weight: weight) }
        }
        // The same units as in `WindowScan`.
        let most = lists.reduce(Float(0)) { $0 + $1.weight * $1.list.entry.maximum }
        let unit = most / Float(32_767 - 2 * lists.count)
        for (list, weight) in lists {
            let multiplier = UInt16(min(65_535, (weight * list.entry.maximum / 255 / unit * 256).rounded(.up)))
            switch list.entry.encoding {
            case .dense:
                dense.append(WindowKernels.dense(codes: list.bytes, multiplier: multiplier))
                denseMost += 255 * Int(multiplier) / 256 + 1
            case .packed:
                WindowKernels.addPacks(
                    list.bytes, count: list.packs, times: multiplier, to: scratch.accumulators)
                postings += list.postings
            case .short: break
            }
        }
        scratch.accumulators[Int(WindowEntry.padOrdinal)] = 0
        WindowKernels.maxima(of: scratch.accumulators, blocks: blocks, clearingBelow: .min, into: scratch.maxima)
    }

    func largestMaximum(_ rank: Int) -> Int16 {
        WindowKernels.largest(
            min(rank, blocks), of: UnsafeBufferPointer(start: UnsafePointer(scratch.maxima), count: blocks))
    }

    /// Goes through all blocks.
    func collect(_ data: String, _ lists: [WindowKernels.Dense], most: Int, _ least: Int16) -> Kernel {
        Kernel(
            name: "collect", data: data, element: "document", count: documents, bytes: Double(2 + lists.count),
            pass: {
                lists.withUnsafeBufferPointer { lists in
                    for block in 0..<blocks {
                        _ = WindowKernels.collect(
                            scratch.accumulators, block: block, documents: documents, dense: lists, most: most,
                            least: least, into: scratch.found)
                    }
                }
            })
    }
}
