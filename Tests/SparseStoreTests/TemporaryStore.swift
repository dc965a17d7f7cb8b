import Foundation
import SparseStore

/// A path for a store that is removed with everything beside it when the value goes.
final class TemporaryStore {
    let directory: URL

    init() throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("sparsestore-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    var path: String { directory.appendingPathComponent("test.sparse").path }

    func open(_ configure: (inout Configuration) -> Void = { _ in }) throws -> SparseStore {
        var configuration = Configuration()
        configure(&configuration)
        return try SparseStore.open(at: path, configuration: configuration)
    }
}
