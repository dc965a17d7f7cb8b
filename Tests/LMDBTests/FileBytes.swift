import SystemPackage

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

func readBytes(_ path: FilePath) -> [UInt8] {
    let descriptor = open(path.string, O_RDONLY)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    let size = Int(lseek(descriptor, 0, SEEK_END))
    return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        count = max(0, pread(descriptor, buffer.baseAddress, size, 0))
    }
}

func writeBytes(_ bytes: [UInt8], to path: FilePath) {
    let descriptor = open(path.string, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    defer { close(descriptor) }
    _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
}
