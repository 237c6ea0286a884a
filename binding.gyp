{
  "targets": [
    {
      "target_name": "hybrid_attention",
      "sources": ["<!@(node scripts/native-sources.mjs <(target_arch))"],
      "include_dirs": [
        "native",
        "native/include",
        "<!(node -p \"require('node-addon-api').include_dir\")"
      ],
      "defines": ["NDEBUG", "NAPI_VERSION=9", "NAPI_CPP_EXCEPTIONS"],
      "cflags": ["-O3", "-fvisibility=hidden", "-pthread", "-Wall", "-Wextra"],
      "cflags!": ["-fno-omit-frame-pointer"],
      "cflags_cc": ["-std=c++17", "-fvisibility-inlines-hidden"],
      "cflags_cc!": ["-fno-exceptions", "-std=gnu++17", "-std=gnu++20", "-fno-strict-aliasing"],
      "conditions": [
        ["OS == 'linux'", {
          # GCC 12 takes the undefined lanes inside its own AVX-512 headers for uninitialised variables.
          "cflags_cc": ["-Wno-maybe-uninitialized", "-Wno-uninitialized"],
          "ldflags": [
            "-pthread",
            "-static-libstdc++",
            "-Wl,--version-script=<(module_root_dir)/native/napi/exports.map",
            "-Wl,--gc-sections"
          ]
        }],
        ["OS == 'mac'", {
          "xcode_settings": {
            "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
            "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
            "GCC_OPTIMIZATION_LEVEL": "3",
            "GCC_SYMBOLS_PRIVATE_EXTERN": "YES"
          }
        }]
      ]
    }
  ]
}
