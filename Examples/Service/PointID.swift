import Foundation

/// The identifier of a point: an unsigned integer or a UUID.
enum PointID: Sendable, Hashable {
    case number(UInt64)
    case uuid(UUID)

    /// The part of the document identifier, whose byte order is the order of the points.
    var text: String {
        switch self {
        case .number(let number):
            let digits = String(number)
            return "n" + String(repeating: "0", count: 20 - digits.count) + digits
        case .uuid(let uuid): return "u" + uuid.uuidString.lowercased()
        }
    }

    init?(_ text: some StringProtocol) {
        guard let kind = text.first else { return nil }
        let rest = String(text.dropFirst())
        if kind == "n", let number = UInt64(rest) {
            self = .number(number)
        } else if kind == "u", let uuid = UUID(uuidString: rest) {
            self = .uuid(uuid)
        } else {
            return nil
        }
    }

    /// Parses an identifier from a path of the API.
    init?(path: String) {
        if let number = UInt64(path) {
            self = .number(number)
        } else if let uuid = UUID(uuidString: path) {
            self = .uuid(uuid)
        } else {
            return nil
        }
    }
}

extension PointID: Codable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(UInt64.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self), let uuid = UUID(uuidString: text) {
            self = .uuid(uuid)
        } else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "a point id must be an unsigned integer or a UUID")
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .number(let number): try container.encode(number)
        case .uuid(let uuid): try container.encode(uuid.uuidString.lowercased())
        }
    }
}
