import Foundation

/// The files beside the tests.
enum TestData {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Data")

    static func text(_ name: String) throws -> String {
        try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    }

    static func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
}
