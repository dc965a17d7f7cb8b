import Foundation
import SparseStore
import TestSupport

/// A path for a store that is removed with everything beside it when the value goes.
final class TemporaryStore: Sendable {
    private let folder = TemporaryFolder()

    init() throws {}

    var directory: URL { URL(fileURLWithPath: folder.path, isDirectory: true) }
    var path: String { folder.path("test.sparse") }

    func open(_ configure: (inout Configuration) -> Void = { _ in }) throws -> Store {
        var configuration = Configuration()
        configure(&configuration)
        return try Store.open(at: path, configuration: configuration)
    }

    /// A store of twenty documents d1 to d20, the one with the highest number the best for `["t": 1]`. Nothing
    /// merges it: tests count its readers.
    func openNumbered() throws -> Store {
        let store = try open { $0.maintenance = .manual }
        try store.write { transaction in
            for index in 1...20 {
                try transaction.upsert(
                    Document(
                        id: "d\(index)", terms: ["t": Float(index), "u": 1], payload: Array("text \(index)".utf8),
                        tags: [index % 2 == 0 ? "even" : "odd"]))
            }
        }
        return store
    }
}
