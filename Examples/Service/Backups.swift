import Foundation
import Logging
import ServiceLifecycle
import SparseStore

/// Copies the store into a folder at regular intervals, and deletes the oldest copies.
struct Backups: Service {
    let store: Store
    let folder: URL
    let interval: Duration
    /// The number of copies to keep.
    let kept: Int
    let logger: Logger

    func run() async throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try? await cancelWhenGracefulShutdown {
            while true {
                try await Task.sleep(for: interval)
                do {
                    try await copy()
                } catch {
                    logger.error("a backup failed", metadata: ["error": "\(error)"])
                }
            }
        }
    }

    private func copy() async throws {
        let name = "\(Int(Date().timeIntervalSince1970 * 1_000)).sparse"
        try await store.backup(to: folder.appending(path: name).path)
        logger.info("copied", metadata: ["to": "\(name)"])
        let copies = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "sparse" }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
        for old in copies.dropLast(kept) { try FileManager.default.removeItem(at: old) }
    }
}
