import Foundation
import Measure

@testable import SparseStore

/// Stores of the same documents, built in the same way, whose windows lack one optimization. They are built once.
enum Layouts {
    private static let batch = 10_000

    static func all() -> [(name: String, layout: WindowLayout)] {
        var unordered = WindowLayout()
        unordered.isOrdered = false
        var sparse = WindowLayout()
        sparse.hasDenseLists = false
        return [("nothing, built here", WindowLayout()), ("document order", unordered), ("dense lists", sparse)]
    }

    /// - Returns: The path of the store.
    static func build(_ name: String, _ layout: WindowLayout, _ documents: CSRFile, in folder: String) throws -> String
    {
        let path = folder + "/without-\(name.filter { $0 != "," }.replacingOccurrences(of: " ", with: "-")).sparse"
        guard !FileManager.default.fileExists(atPath: path) else { return path }
        // The store has a temporary name until it is complete.
        let unfinished = path + ".unfinished"
        for leftover in [unfinished, unfinished + "-lock"] { try? FileManager.default.removeItem(atPath: leftover) }
        var configuration = Configuration()
        configuration.maintenance = .manual
        configuration.mergePolicy.layout = layout
        let store = try Store.open(at: unfinished, configuration: configuration)
        for first in stride(from: 0, to: documents.rows, by: batch) {
            try store.write { transaction in
                for row in first..<min(first + batch, documents.rows) {
                    try transaction.upsert(Document(id: "\(row)", vector: try documents.vector(row)))
                }
            }
            try store.maintain()
        }
        try store.optimize()
        store.close()
        try FileManager.default.removeItem(atPath: unfinished + "-lock")
        try FileManager.default.moveItem(atPath: unfinished, toPath: path)
        return path
    }
}
