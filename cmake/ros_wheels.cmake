# SPDX-License-Identifier: Apache-2.0
# For building against the ROS 2 wheels from PyPI: pass -DCMAKE_PROJECT_INCLUDE=<this file>.
#
# The wheels' *__rosidl_generator_py targets export an include folder of the machine they were
# built on (/opt/python/...). It does not exist here, and CMake refuses to go on. This drops such
# folders from the imported targets once the project's own CMakeLists.txt has been read.
include_guard(GLOBAL)

function(drop_wheel_build_includes)
  get_property(targets DIRECTORY "${CMAKE_SOURCE_DIR}" PROPERTY IMPORTED_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(includes ${target} INTERFACE_INCLUDE_DIRECTORIES)
    if(includes)
      list(FILTER includes EXCLUDE REGEX "^/opt/python/")
      set_target_properties(${target} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${includes}")
    endif()
  endforeach()
endfunction()

cmake_language(DEFER DIRECTORY "${CMAKE_SOURCE_DIR}" CALL drop_wheel_build_includes)
